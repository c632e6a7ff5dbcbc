//! The queries of models on a cluster of Ballista, where the data outgrow one
//! machine.
//!
//! A run plans its queries as ever and hands each to a scheduler, which cuts
//! it into tasks for executors. They read the files of the warehouse from its
//! store, the same for all, and give the rows back; what becomes of them is as
//! in a run without a cluster.

mod codec;
mod server;
mod union;
mod watched;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::extension::{SessionConfigExt, SessionStateExt};
use datafusion::execution::context::SessionContext;
use datafusion::execution::session_state::SessionStateBuilder;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};
use tokio::net::TcpStream;

pub use server::{ExecutorOptions, SchedulerOptions, serve_executor, serve_scheduler};

use self::codec::TableCodec;
use crate::session;

/// How an address begins.
const SCHEME: &str = "df://";
/// The port of a scheduler where none is named.
const PORT: u16 = 50050;
/// Tasks into which a step of a query is cut, where the address does not say.
const PARTITIONS: usize = 16;
/// How an address says it.
const PARTITIONS_KEY: &str = "partitions=";
/// Bytes of a message: plans name every file that they read.
const MESSAGE_BYTES: usize = 256 << 20;
/// How long a scheduler may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A cluster over the store of a warehouse.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Where the scheduler answers, as `http://host:port`.
    scheduler: String,
    /// Tasks into which a step of a query is cut.
    partitions: usize,
    codec: Arc<TableCodec>,
    warehouse: Storage,
}

impl Cluster {
    /// The cluster whose scheduler answers at `df://host:port`, for tables of
    /// `warehouse`. As `df://host:port?partitions=32` a step of a query is cut
    /// into so many tasks: some two for each core of the cluster are right.
    ///
    /// # Errors
    /// [`Error::Usage`] where it is no such address; [`Error::Storage`] where
    /// nobody answers there.
    pub async fn at(address: &str, warehouse: &Storage) -> Result<Self> {
        let (place, partitions) = match address.split_once('?') {
            None => (address, PARTITIONS),
            Some((place, wish)) => (place, partitions(address, wish)?),
        };
        let place = host_and_port(place)?;
        let (host, port) = &place;
        let answer = tokio::time::timeout(PATIENCE, TcpStream::connect((host.as_str(), *port))).await;
        let said = match answer {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("no answer within {} seconds", PATIENCE.as_secs())),
        };
        if let Some(said) = said {
            return Err(Error::storage(format!(
                "no scheduler answers at {address}: {said}\nhint: `peil cluster scheduler` starts one, or run without --engine"
            )));
        }
        let (warehouse, codec) = (warehouse.clone(), Arc::new(TableCodec::over(warehouse)));
        Ok(Self { scheduler: format!("http://{host}:{port}"), partitions, codec, warehouse })
    }

    /// The executors that were lost in this run, as far as it is known.
    ///
    /// # Errors
    /// [`Error::Storage`] where the warehouse does not answer.
    pub(crate) async fn lost(&self) -> Result<BTreeSet<String>> {
        watched::marks(&self.warehouse).await
    }

    /// A session whose queries over the tables of `session` go to the cluster.
    ///
    /// # Errors
    /// [`Error::Internal`] where it cannot be made.
    pub(crate) fn over(&self, session: &SessionContext) -> Result<SessionContext> {
        let config = session::config(self.partitions)
            .with_create_default_catalog_and_schema(false)
            .upgrade_for_ballista()
            // It plans some queries again and again, without end.
            .with_ballista_adaptive_query_planner(false)
            .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES)
            .with_ballista_logical_extension_codec(Arc::clone(&self.codec) as _);
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_default_features()
            .with_catalog_list(Arc::clone(session.state_ref().read().catalog_list()))
            .build();
        let state = state.upgrade_for_ballista(self.scheduler.clone()).map_err(Error::internal)?;
        Ok(SessionContext::new_with_state(state))
    }
}

fn partitions(address: &str, wish: &str) -> Result<usize> {
    let number = wish.strip_prefix(PARTITIONS_KEY).and_then(|number| number.parse().ok());
    number.filter(|number| *number > 0).ok_or_else(|| {
        Error::usage(format!(
            "{address} asks for `{wish}`: write the number of tasks as df://host:{PORT}?{PARTITIONS_KEY}16"
        ))
    })
}

/// Host and port of an address, as `df://host:port` or `host:port`.
fn host_and_port(address: &str) -> Result<(String, u16)> {
    let wrong = || Error::usage(format!("{address} is no address of a scheduler: write it as df://host:{PORT}"));
    let place = address.strip_prefix(SCHEME).or_else(|| (!address.contains("://")).then_some(address));
    let place = place.ok_or_else(wrong)?.trim_end_matches('/');
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
        None => (place, PORT),
    };
    if host.is_empty() { Err(wrong()) } else { Ok((host.to_owned(), port)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_host_and_perhaps_a_port() {
        assert_eq!(host_and_port("df://scheduler:1234").unwrap(), ("scheduler".to_owned(), 1234));
        assert_eq!(host_and_port("df://10.0.0.7/").unwrap(), ("10.0.0.7".to_owned(), PORT));
        for wrong in ["http://scheduler:50050", "df://:50050", "df://scheduler:door", ""] {
            let said = host_and_port(wrong).unwrap_err().to_string();
            assert!(said.contains("df://host:50050"), "{said}");
        }
    }

    #[tokio::test]
    async fn a_number_of_tasks_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        for wrong in ["df://127.0.0.1:1?partitions=0", "df://127.0.0.1:1?cores=4"] {
            let said = Cluster::at(wrong, &storage).await.unwrap_err().to_string();
            assert!(said.contains("partitions=16"), "{said}");
        }
    }

    #[tokio::test]
    async fn where_nobody_answers_it_is_said_how_to_start_one() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        let said = Cluster::at("df://127.0.0.1:1", &storage).await.unwrap_err().to_string();
        assert!(said.contains("peil cluster scheduler"), "{said}");
    }
}
