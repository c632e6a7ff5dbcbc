//! The indicators in SDMX 3.0: what the codes mean, and the figures as
//! SDMX-CSV 2.0.

mod data;
mod structure;

use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

use super::content::Content;
use crate::frames::table::{Kind, Table};

/// Who maintains the structures.
const AGENCY: &str = "VICTOR";
/// Their version; another where a code or a dimension changes its meaning.
const VERSION: &str = "1.0.0";
/// The code of the Flemish Region: the whole programme.
const FLANDERS: &str = "BE2";

/// A numeric indicator.
struct Indicator {
    id: String,
    label: String,
    unit: String,
}

/// The indicators, and the authorities of which there are figures.
struct Codes {
    indicators: Vec<Indicator>,
    /// NIS code and name.
    authorities: Vec<(String, String)>,
}

/// The files, by path.
pub(super) async fn files(
    storage: &Storage,
    published: &Published,
    content: &Content,
) -> Result<Vec<(String, Vec<u8>)>> {
    let observations = data::read(storage, published, content.as_of).await?;
    let codes = Codes {
        indicators: indicators(storage, published).await?,
        authorities: observations.authorities.iter().map(|(nis, name)| (nis.clone(), name.clone())).collect(),
    };
    Ok(vec![
        ("sdmx/structure.xml".to_owned(), structure::document(&codes, content.as_of).into_bytes()),
        ("sdmx/indicators.csv".to_owned(), data::csv(&observations, &codes)?),
    ])
}

async fn indicators(storage: &Storage, published: &Published) -> Result<Vec<Indicator>> {
    let columns = ["indicator_id", "label_nl", "kind"].map(|column| (column, Kind::Text));
    let table = Table::read(storage, published, "indicators", &columns, &[("unit_nl", Kind::Text)]).await?;
    let rows = table.rows().filter(|row| !table.is("kind", *row, "milestone"));
    rows.map(|row| {
        Ok(Indicator {
            id: table.required("indicator_id", row)?,
            label: table.required("label_nl", row)?,
            unit: table.text("unit_nl", row).unwrap_or_default(),
        })
    })
    .collect()
}
