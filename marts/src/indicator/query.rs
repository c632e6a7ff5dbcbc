//! The value of one indicator as one query that a reader can follow: what the
//! models together compute for all indicators, written out for this one.

use super::{Facts, Shape, Version, Window, event, interval, line};

/// The query: `period` and `value`, a row for each period in which something
/// counts.
pub fn query(version: &Version, facts: &Facts<'_>) -> String {
    let held = held(version);
    let authorities = facts.indicator.counts_authorities();
    let counted = if authorities { "coalesce(compositions.composition_nis, facts.nis_code)" } else { "facts.thing" };
    // Authorities are counted in the composition of the peildatum.
    let composition = if authorities {
        "left join intermediate.compositions as compositions\n  on compositions.peildatum = periods.peildatum\n  \
         and compositions.nis_code = facts.nis_code\n"
    } else {
        ""
    };
    let one = |source: String, condition: &str| {
        format!(
            "with facts as (\n{}\n)\nselect\n  periods.period,\n  count(distinct {counted}) as value\nfrom facts\n\
             join run.periods as periods\n  on {condition}{held}\n{composition}group by periods.period\norder by periods.period",
            indented(&source)
        )
    };
    match facts.shape {
        Shape::Interval => one(
            interval::source(facts),
            "facts.from_day <= periods.peildatum\n  and coalesce(facts.until_day, date '9999-12-31') > periods.peildatum",
        ),
        Shape::Event(Window::Period) => {
            one(event::source(facts), "facts.day between periods.period_start and periods.peildatum")
        }
        Shape::Event(Window::Rolling) => {
            one(event::source(facts), "facts.day between periods.window_start and periods.peildatum")
        }
        Shape::Event(Window::Month) => monthly(facts, counted, composition, &held),
        Shape::Line => of_lines(facts, &held),
    }
}

/// The mean over the whole months of the period that have ended.
fn monthly(facts: &Facts<'_>, counted: &str, composition: &str, held: &str) -> String {
    format!(
        "with facts as (\n{}\n)\nselect\n  periods.period,\n  \
         cast(count(distinct months.month || '/' || {counted}) as double) / max(periods.months_ended) as value\nfrom facts\n\
         join run.months as months\n  on months.has_ended\n  and facts.day between months.month_start and months.month_end\n\
         join run.periods as periods\n  on months.month_start >= periods.period_start\n  \
         and months.month_end <= periods.peildatum{held}\n{composition}group by periods.period\norder by periods.period",
        indented(&event::source(facts))
    )
}

/// The latest fact of each authority and line is in force.
fn of_lines(facts: &Facts<'_>, held: &str) -> String {
    let value = match facts.indicator.measures {
        Some(_) => "cast(sum(measure) as double) / count(*)",
        None => "count(distinct nis_code)",
    };
    format!(
        "with facts as (\n{}\n),\nin_force as (\n  select\n    periods.period,\n    \
         coalesce(compositions.composition_nis, facts.nis_code) as nis_code,\n    facts.counts,\n    facts.measure,\n    \
         row_number() over (\n      \
         partition by periods.period, coalesce(compositions.composition_nis, facts.nis_code), facts.line\n      \
         order by facts.from_day desc, facts.delivery_date desc, facts.object desc, facts.row_number desc,\n        \
         facts.received_order desc\n    ) as place\n  from facts\n  \
         join run.periods as periods on facts.from_day <= periods.peildatum{held}\n  \
         left join intermediate.compositions as compositions\n    on compositions.peildatum = periods.peildatum\n    \
         and compositions.nis_code = facts.nis_code\n)\n\
         select\n  period,\n  {value} as value\nfrom in_force\nwhere place = 1 and counts\ngroup by period\norder by period",
        indented(&line::source(facts))
    )
}

/// The periods that a version is in force for.
fn held(version: &Version) -> String {
    let from = version.holds_from.map(|day| format!("\n  and periods.peildatum >= date '{day}'"));
    let until = version.holds_until.map(|day| format!("\n  and periods.peildatum < date '{day}'"));
    from.into_iter().chain(until).collect()
}

fn indented(sql: &str) -> String {
    sql.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
