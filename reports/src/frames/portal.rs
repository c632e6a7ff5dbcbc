//! Use of the parts of the portal.

use std::collections::BTreeMap;

use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Period, Result};

use super::Moments;
use super::table::{Kind, Table};

/// How a part of the portal was used in a quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Use {
    /// Distinct authorities.
    pub authorities: i64,
    /// Distinct accounts.
    pub users: i64,
    /// Actions.
    pub events: i64,
}

/// The use of a part of the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleUse {
    /// Name, as the portal writes it.
    pub module: String,
    /// In the quarter of the peildatum.
    pub now: Use,
    /// In the same quarter a year before; none where nothing is known of it.
    pub year_ago: Option<Use>,
}

/// Use of the portal, the most used part first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PortalUse {
    /// A row for each part that was used now or a year ago.
    pub modules: Vec<ModuleUse>,
}

impl PortalUse {
    pub(super) async fn read(storage: &Storage, published: &Published, moments: &Moments) -> Result<Self> {
        let columns = [
            ("period", Kind::Text),
            ("module", Kind::Text),
            ("authorities", Kind::Integer),
            ("users", Kind::Integer),
            ("events", Kind::Integer),
        ];
        let table = Table::read(storage, published, "portal_usage", &columns, &[]).await?;
        let mut uses: BTreeMap<(Period, String), Use> = BTreeMap::new();
        for row in table.rows() {
            let period = table.period("period", row)?;
            if period == moments.quarter || period == moments.year_ago {
                let number = |column| table.integer(column, row).unwrap_or(0);
                let found =
                    Use { authorities: number("authorities"), users: number("users"), events: number("events") };
                uses.insert((period, table.required("module", row)?), found);
            }
        }
        let known = uses.keys().any(|(period, _)| *period == moments.year_ago);
        let names: std::collections::BTreeSet<String> = uses.keys().map(|(_, module)| module.clone()).collect();
        let mut modules: Vec<ModuleUse> = names
            .into_iter()
            .map(|module| {
                let of = |period| uses.get(&(period, module.clone())).copied();
                ModuleUse {
                    now: of(moments.quarter).unwrap_or_default(),
                    year_ago: known.then(|| of(moments.year_ago).unwrap_or_default()),
                    module,
                }
            })
            .collect();
        modules.sort_by_key(|one| std::cmp::Reverse(one.now.users));
        Ok(Self { modules })
    }
}
