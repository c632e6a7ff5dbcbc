//! What the rules point out about the period, and since when they do.

use std::collections::{BTreeMap, BTreeSet};

use peil_warehouse::period::PeriodType;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Period, Result};

use super::Colophon;
use super::table::{Kind, Table};
use crate::format::NBSP;

/// Rules that judge whole periods only: while a period runs, that a point no
/// longer stands says nothing.
const WHOLE_PERIODS: [&str; 4] = ["indicator_missed", "indicator_at_risk", "indicator_falling", "module_use_down"];

/// A point that asks for attention: figures, never a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttentionPoint {
    /// The quarter or semester in which it stands.
    pub period: Period,
    /// The rule that found it.
    pub code: String,
    /// `high`, `medium` or `low`.
    pub severity: String,
    /// What it is about: an indicator, a module, a solution.
    pub subject: String,
    /// The sentence, in Dutch.
    pub text: String,
    /// The first period of the unbroken run in which it stands.
    pub since: Period,
}

impl AttentionPoint {
    /// Whether it did not stand in the period before.
    pub fn is_new(&self) -> bool {
        self.since == self.period
    }

    /// What is the same point through time: an indicator that nearly reaches
    /// its target and then misses it is one point.
    fn matter(&self) -> (String, String) {
        let code = match self.code.as_str() {
            "indicator_missed" | "indicator_at_risk" => "indicator_behind",
            code => code,
        };
        (code.to_owned(), self.subject.clone())
    }

    fn weight(&self) -> usize {
        ["high", "medium", "low"].iter().position(|known| *known == self.severity).unwrap_or(3)
    }
}

/// The points of a period, and those that no longer stand.
pub(super) struct Attention {
    /// Those that stand, the most serious first.
    pub(super) standing: Vec<AttentionPoint>,
    /// Those that stood in the period before and no longer do.
    pub(super) resolved: Vec<AttentionPoint>,
}

impl Attention {
    pub(super) async fn read(storage: &Storage, published: &Published, colophon: &Colophon) -> Result<Self> {
        let columns = [
            ("period", Kind::Text),
            ("code", Kind::Text),
            ("severity", Kind::Text),
            ("subject", Kind::Text),
            ("text_nl", Kind::Text),
        ];
        let table = Table::read(storage, published, "attention_points", &columns, &[]).await?;
        let mut by_period: BTreeMap<Period, Vec<AttentionPoint>> = BTreeMap::new();
        for row in table.rows() {
            let period = table.period("period", row)?;
            let text = table.required("text_nl", row)?;
            by_period.entry(period).or_default().push(AttentionPoint {
                period,
                code: table.required("code", row)?,
                severity: table.text("severity", row).unwrap_or_default(),
                subject: table.text("subject", row).unwrap_or_default(),
                text: text.replace(" %", &format!("{NBSP}%")).replace(" €", &format!("{NBSP}€")),
                since: period,
            });
        }
        let mut attention = Self::new(&by_period, judged(colophon));
        if colophon.provisional() {
            attention.resolved.retain(|point| !WHOLE_PERIODS.contains(&point.code.as_str()));
        }
        Ok(attention)
    }

    fn new(by_period: &BTreeMap<Period, Vec<AttentionPoint>>, period: Period) -> Self {
        let of = |period: Period| by_period.get(&period).map_or(&[][..], Vec::as_slice);
        let mut standing = of(period).to_vec();
        let matters = |period: Period| of(period).iter().map(AttentionPoint::matter).collect::<BTreeSet<_>>();
        for point in &mut standing {
            let matter = point.matter();
            let mut before = period.previous();
            while matters(before).contains(&matter) {
                point.since = before;
                before = before.previous();
            }
        }
        standing.sort_by(|one, other| (one.weight(), &one.code).cmp(&(other.weight(), &other.code)));
        let now = matters(period);
        let mut resolved: Vec<AttentionPoint> =
            of(period.previous()).iter().filter(|point| !now.contains(&point.matter())).cloned().collect();
        resolved.sort_by(|one, other| (one.weight(), &one.code).cmp(&(other.weight(), &other.code)));
        Self { standing, resolved }
    }
}

/// The quarter or semester whose points the report shows: its own, and of a
/// year its last semester that has begun.
fn judged(colophon: &Colophon) -> Period {
    match colophon.period.kind() {
        PeriodType::Year => Period::containing(colophon.peildatum(), PeriodType::Semester),
        PeriodType::Quarter | PeriodType::Semester => colophon.period,
    }
}
