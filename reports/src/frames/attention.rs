//! What the rules point out about the period.

use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Period, Result};

use super::table::{Kind, Table};

/// A point that asks for attention: figures, never a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttentionPoint {
    /// The rule that found it.
    pub code: String,
    /// `error`, `warning` or another word of the rule.
    pub severity: String,
    /// What it is about: an indicator, a module, a solution.
    pub subject: String,
    /// The sentence, in Dutch.
    pub text: String,
}

/// The points of `period`, in the mart's order.
pub(super) async fn read(storage: &Storage, published: &Published, period: Period) -> Result<Vec<AttentionPoint>> {
    let columns = [
        ("period", Kind::Text),
        ("code", Kind::Text),
        ("severity", Kind::Text),
        ("subject", Kind::Text),
        ("text_nl", Kind::Text),
    ];
    let table = Table::read(storage, published, "attention_points", &columns, &[]).await?;
    let mut points = Vec::new();
    for row in table.rows() {
        if table.period("period", row)? == period {
            points.push(AttentionPoint {
                code: table.required("code", row)?,
                severity: table.text("severity", row).unwrap_or_default(),
                subject: table.text("subject", row).unwrap_or_default(),
                text: table.required("text_nl", row)?,
            });
        }
    }
    Ok(points)
}
