//! The authorities of the quarter, with the peer groups of each.

use std::collections::BTreeMap;

use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

use super::Moments;
use super::table::{Kind, Table};

/// The size classes, from small to large, as the marts write them.
pub const SIZE_CLASSES: [&str; 4] = ["<10k", "10k-20k", "20k-50k", ">=50k"];

/// A municipality or a province.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// NIS code.
    pub nis: String,
    /// Official name.
    pub name: String,
    /// Whether it is a municipality; else it is a province.
    pub municipality: bool,
    /// Name of its province.
    pub province: String,
    /// Number of inhabitants.
    pub inhabitants: Option<i64>,
    /// Its size class; none of a province, or where inhabitants are unknown.
    pub size_class: Option<String>,
    /// Whether it existed at the end of the period before.
    pub existed_before: bool,
}

/// Those that exist on the peildatum, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authorities {
    /// In the order of their names.
    pub all: Vec<Authority>,
    places: BTreeMap<String, usize>,
}

impl Authorities {
    pub(super) async fn read(storage: &Storage, published: &Published, moments: &Moments) -> Result<Self> {
        let columns = [
            ("period", Kind::Text),
            ("nis_code", Kind::Text),
            ("authority", Kind::Text),
            ("kind", Kind::Text),
            ("province", Kind::Text),
            ("inhabitants", Kind::Integer),
            ("size_class", Kind::Text),
        ];
        let table = Table::read(storage, published, "authorities", &columns, &[]).await?;
        let mut all = Vec::new();
        let mut before = std::collections::BTreeSet::new();
        for row in table.rows() {
            let period = table.period("period", row)?;
            let nis = table.required("nis_code", row)?;
            if period == moments.before {
                before.insert(nis.clone());
            }
            if period == moments.quarter {
                all.push(Authority {
                    nis,
                    name: table.required("authority", row)?,
                    municipality: table.text("kind", row).as_deref() == Some("gemeente"),
                    province: table.text("province", row).unwrap_or_default(),
                    inhabitants: table.integer("inhabitants", row),
                    size_class: table.text("size_class", row),
                    existed_before: false,
                });
            }
        }
        for authority in &mut all {
            authority.existed_before = before.contains(&authority.nis);
        }
        all.sort_by(|one, other| (&one.name, &one.nis).cmp(&(&other.name, &other.nis)));
        let places = all.iter().enumerate().map(|(place, authority)| (authority.nis.clone(), place)).collect();
        Ok(Self { all, places })
    }

    /// The authority with a NIS code.
    pub fn get(&self, nis: &str) -> Option<&Authority> {
        self.places.get(nis).map(|place| &self.all[*place])
    }

    /// The names of the provinces, in order.
    pub fn provinces(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.all.iter().map(|authority| authority.province.as_str()).filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
