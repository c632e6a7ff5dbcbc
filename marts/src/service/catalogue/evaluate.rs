//! Runs what was compiled from a query on the catalogue.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Context;
use super::convert::{among, arithmetic, compare, like};
pub use super::convert::{cast, regex, shown};
use super::functions;
use super::plan::{Aggregate, Body, Comparison, Join, Node, Query, Select, SetOperation, Source, Step};
use super::value::Value;
use crate::service::fault::{Fault, code};

/// A query that cannot go on.
#[derive(Debug)]
pub struct Failed(pub Fault);

type Result<T> = std::result::Result<T, Failed>;

/// Rows that a query on the catalogue may give.
const MOST_ROWS: usize = 200_000;
/// Values that it may hold on the way.
const MOST_VALUES: usize = 4_000_000;

/// The row at hand, and those of the queries around.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    pub row: &'a [Value],
    pub aggregates: &'a [Value],
    pub outer: Option<&'a Env<'a>>,
    pub context: &'a Context<'a>,
}

impl<'a> Env<'a> {
    fn with<'b>(&'b self, row: &'b [Value]) -> Env<'b> {
        Env { row, aggregates: &[], outer: self.outer, context: self.context }
    }

    fn inside<'b>(&'b self) -> Env<'b> {
        Env { row: &[], aggregates: &[], outer: Some(self), context: self.context }
    }
}

/// The rows of a query.
pub fn run(query: &Query, env: &Env<'_>) -> Result<Vec<Vec<Value>>> {
    let mut rows = match &query.body {
        Body::Select(select) => run_select(select, query, env)?,
        Body::Values(values) => {
            let row = |nodes: &Vec<Node>| nodes.iter().map(|node| value(node, env)).collect::<Result<Vec<_>>>();
            values.iter().map(row).collect::<Result<Vec<_>>>()?
        }
        Body::Both { left, right, how, all } => both(run(left, env)?, run(right, env)?, *how, *all),
    };
    if !query.order.is_empty() {
        rows.sort_by(|a, b| by_keys(a, b, &query.order));
    }
    if let Body::Select(select) = &query.body
        && !select.distinct_on.is_empty()
    {
        // Their values stand behind all others.
        let width = select.projection.len();
        let mut seen = BTreeSet::new();
        rows.retain(|row| seen.insert(key(&row[width..])));
    }
    for row in &mut rows {
        row.truncate(query.columns.len());
    }
    let number = |node: &Option<Node>| -> Result<Option<usize>> {
        let Some(node) = node else { return Ok(None) };
        Ok(value(node, env)?.int().map(|number| usize::try_from(number).unwrap_or(0)))
    };
    let skip = number(&query.offset)?.unwrap_or(0);
    let take = number(&query.limit)?.unwrap_or(usize::MAX);
    Ok(rows.into_iter().skip(skip).take(take).collect())
}

fn by_keys(a: &[Value], b: &[Value], order: &[(usize, bool, bool)]) -> Ordering {
    order.iter().fold(Ordering::Equal, |so_far, (at, down, unknown_first)| {
        so_far.then_with(|| one_key(&a[*at], &b[*at], *down, *unknown_first))
    })
}

fn one_key(a: &Value, b: &Value, down: bool, unknown_first: bool) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => {
            if unknown_first {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (false, true) => {
            if unknown_first {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
        (false, false) => {
            let order = a.compare(b).unwrap_or(Ordering::Equal);
            if down { order.reverse() } else { order }
        }
    }
}

fn key(row: &[Value]) -> String {
    row.iter().map(|value| value.key() + "\u{2}").collect()
}

fn both(left: Vec<Vec<Value>>, right: Vec<Vec<Value>>, how: SetOperation, all: bool) -> Vec<Vec<Value>> {
    let others: BTreeSet<String> = right.iter().map(|row| key(row)).collect();
    let mut rows = match how {
        SetOperation::Union => left.into_iter().chain(right).collect(),
        SetOperation::Except => left.into_iter().filter(|row| !others.contains(&key(row))).collect(),
        SetOperation::Intersect => left.into_iter().filter(|row| others.contains(&key(row))).collect::<Vec<_>>(),
    };
    if !all {
        let mut seen = BTreeSet::new();
        rows.retain(|row| seen.insert(key(row)));
    }
    rows
}

fn run_select(select: &Select, query: &Query, env: &Env<'_>) -> Result<Vec<Vec<Value>>> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for step in &select.steps {
        rows = join(rows, step, env)?;
    }
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        if holds(&select.filter, &env.with(&row))? {
            kept.push(row);
        }
    }
    number(select, &mut kept, env)?;
    let mut out = Vec::new();
    match &select.group {
        None => {
            for row in &kept {
                project(select, &env.with(row), &mut out)?;
            }
        }
        Some(group) => {
            let mut order = Vec::new();
            let mut groups: HashMap<String, Vec<Vec<Value>>> = HashMap::new();
            for row in kept {
                let values = group.iter().map(|node| value(node, &env.with(&row))).collect::<Result<Vec<_>>>()?;
                let key = key(&values);
                groups
                    .entry(key.clone())
                    .or_insert_with(|| {
                        order.push(key);
                        Vec::new()
                    })
                    .push(row);
            }
            if group.is_empty() && order.is_empty() {
                order.push(String::new());
                groups.insert(String::new(), Vec::new());
            }
            let width = select.steps.last().map_or(0, |step| step.start + step.width);
            let nothing = vec![Value::Null; width];
            for key in order {
                let rows = groups.remove(&key).unwrap_or_default();
                let results =
                    select.aggregates.iter().map(|one| aggregate(one, &rows, env)).collect::<Result<Vec<_>>>()?;
                let row = rows.first().unwrap_or(&nothing);
                let env = Env { row, aggregates: &results, outer: env.outer, context: env.context };
                if let Some(having) = &select.having
                    && !value(having, &env)?.is_true()
                {
                    continue;
                }
                project(select, &env, &mut out)?;
            }
        }
    }
    if select.distinct {
        let shown = query.columns.len();
        let mut seen = BTreeSet::new();
        out.retain(|row| seen.insert(key(&row[..shown])));
    }
    Ok(out)
}

/// Puts the number of each row behind its columns.
fn number(select: &Select, rows: &mut [Vec<Value>], env: &Env<'_>) -> Result<()> {
    let width = select.steps.last().map_or(0, |step| step.start + step.width);
    for window in &select.windows {
        let mut keyed = Vec::with_capacity(rows.len());
        for (at, row) in rows.iter().enumerate() {
            let env = env.with(row);
            let within = window.within.iter().map(|node| value(node, &env)).collect::<Result<Vec<_>>>()?;
            let order = window.order.iter().map(|(node, _)| value(node, &env)).collect::<Result<Vec<_>>>()?;
            keyed.push((key(&within), order, at));
        }
        keyed.sort_by(|(a_within, a, _), (b_within, b, _)| {
            let keys = a.iter().zip(b).zip(&window.order);
            keys.fold(a_within.cmp(b_within), |so_far, ((a, b), (_, down))| {
                so_far.then_with(|| one_key(a, b, *down, *down))
            })
        });
        let mut last: Option<(&str, i64)> = None;
        for (within, _, at) in &keyed {
            let next = last.filter(|(group, _)| *group == within.as_str()).map_or(1, |(_, number)| number + 1);
            last = Some((within.as_str(), next));
            rows[*at].resize(width.max(rows[*at].len()), Value::Null);
            rows[*at].push(Value::Int(next));
        }
    }
    Ok(())
}

fn project(select: &Select, env: &Env<'_>, out: &mut Vec<Vec<Value>>) -> Result<()> {
    let mut series: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
    for at in &select.spread {
        series.insert(*at, spread(&select.projection[*at], env)?);
    }
    let count = if select.spread.is_empty() { 1 } else { series.values().map(Vec::len).max().unwrap_or(0) };
    for number in 0..count {
        let mut row = Vec::with_capacity(select.projection.len());
        for (at, node) in select.projection.iter().enumerate() {
            row.push(match series.get(&at) {
                Some(values) => values.get(number).cloned().unwrap_or(Value::Null),
                None => value(node, env)?,
            });
        }
        for node in &select.distinct_on {
            row.push(value(node, env)?);
        }
        out.push(row);
    }
    if out.len() > MOST_ROWS {
        return Err(Failed(Fault::new(code::LIMIT, "the result has too many rows")));
    }
    Ok(())
}

/// The values of a function that gives several.
fn spread(node: &Node, env: &Env<'_>) -> Result<Vec<Value>> {
    match node {
        Node::Cast(inner, from, to) => {
            spread(inner, env)?.into_iter().map(|value| cast(value, *from, *to, env.context)).collect()
        }
        Node::Index(inner, field) => {
            let field = value(field, env)?.int().unwrap_or(1);
            let Node::Call(name, arguments) = inner.as_ref() else { return Ok(vec![value(node, env)?]) };
            let values = arguments.iter().map(|node| value(node, env)).collect::<Result<Vec<_>>>()?;
            let rows = functions::series(name, &values)?;
            Ok(rows.into_iter().map(|row| row.get(field as usize - 1).cloned().unwrap_or(Value::Null)).collect())
        }
        Node::Call(name, arguments) => {
            let values = arguments.iter().map(|node| value(node, env)).collect::<Result<Vec<_>>>()?;
            let rows = functions::series(name, &values)?;
            Ok(rows.into_iter().map(|mut row| if row.len() == 1 { row.remove(0) } else { Value::list(row) }).collect())
        }
        other => Ok(vec![value(other, env)?]),
    }
}

/// Looks at one more row.
fn look(context: &Context<'_>) -> Result<()> {
    let left = context.left.get().checked_sub(1);
    context
        .left
        .set(left.ok_or_else(|| Failed(Fault::new(code::LIMIT, "the query looks at too many rows of the catalogue")))?);
    Ok(())
}

fn holds(nodes: &[Node], env: &Env<'_>) -> Result<bool> {
    for node in nodes {
        if !value(node, env)?.is_true() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// An equation between the new source and those before it.
fn equation(step: &Step) -> Option<(&Node, &Node)> {
    let side = |node: &Node| {
        let (mut least, mut most) = (usize::MAX, 0);
        let whole = node.columns(&mut |at| {
            least = least.min(at);
            most = most.max(at);
        });
        whole.then_some((least, most))
    };
    step.on.iter().find_map(|node| {
        let Node::Compare(Comparison::Equal, a, b) = node else { return None };
        let (left, right) = (side(a)?, side(b)?);
        let new = |(least, _): (usize, usize)| least >= step.start && least != usize::MAX;
        let old = |(least, most): (usize, usize)| most < step.start && least != usize::MAX;
        if new(left) && old(right) {
            Some((a.as_ref(), b.as_ref()))
        } else if new(right) && old(left) {
            Some((b.as_ref(), a.as_ref()))
        } else {
            None
        }
    })
}

fn join(left: Vec<Vec<Value>>, step: &Step, env: &Env<'_>) -> Result<Vec<Vec<Value>>> {
    let whole: Option<Vec<Vec<Value>>> = match &step.source {
        Source::Table(relation) => Some(relation.rows.clone()),
        Source::Query(query) => Some(run(query, &env.inside())?),
        Source::Lateral(_) | Source::Function { .. } => None,
    };
    let equation = whole.as_ref().and_then(|_| equation(step));
    let mut index: HashMap<String, Vec<usize>> = HashMap::new();
    if let (Some(rows), Some((new, _))) = (&whole, equation) {
        let mut wide = vec![Value::Null; step.start];
        for (at, row) in rows.iter().enumerate() {
            wide.truncate(step.start);
            wide.extend(row.iter().cloned());
            let found = value(new, &env.with(&wide))?;
            if !found.is_null() {
                index.entry(found.key()).or_default().push(at);
            }
        }
    }
    let mut out = Vec::new();
    let mut used = BTreeSet::new();
    for mut row in left {
        row.resize(step.start, Value::Null);
        let own;
        let (rows, candidates): (&[Vec<Value>], Option<&[usize]>) = match (&whole, equation) {
            (Some(rows), Some((_, old))) => {
                let found = value(old, &env.with(&row))?;
                (rows, Some(index.get(&found.key()).map_or(&[], Vec::as_slice)))
            }
            (Some(rows), None) => (rows, None),
            (None, _) => {
                own = beside(&step.source, &row, env)?;
                (&own, None)
            }
        };
        let mut matched = false;
        let mut consider = |at: usize| -> Result<()> {
            look(env.context)?;
            let mut wide = row.clone();
            wide.extend(rows[at].iter().cloned());
            wide.resize(step.start + step.width, Value::Null);
            if holds(&step.on, &env.with(&wide))? {
                if out.len() * wide.len() > MOST_VALUES {
                    return Err(Failed(Fault::new(code::LIMIT, "the query holds too many rows of the catalogue")));
                }
                matched = true;
                used.insert(at);
                if holds(&step.then, &env.with(&wide))? {
                    out.push(wide);
                }
            }
            Ok(())
        };
        match candidates {
            Some(candidates) => candidates.iter().try_for_each(|at| consider(*at))?,
            None => (0..rows.len()).try_for_each(consider)?,
        }
        if !matched && matches!(step.join, Join::Left | Join::Full) {
            let mut wide = row.clone();
            wide.resize(step.start + step.width, Value::Null);
            if holds(&step.then, &env.with(&wide))? {
                out.push(wide);
            }
        }
        if out.len() * (step.start + step.width) > MOST_VALUES {
            return Err(Failed(Fault::new(code::LIMIT, "the query holds too many rows of the catalogue")));
        }
    }
    if let (Some(rows), Join::Right | Join::Full) = (&whole, step.join) {
        for (at, row) in rows.iter().enumerate().filter(|(at, _)| !used.contains(at)) {
            let _ = at;
            let mut wide = vec![Value::Null; step.start];
            wide.extend(row.iter().cloned());
            out.push(wide);
        }
    }
    Ok(out)
}

/// The rows of a source that looks at the row before it.
fn beside(source: &Source, row: &[Value], env: &Env<'_>) -> Result<Vec<Vec<Value>>> {
    let here = env.with(row);
    match source {
        Source::Lateral(query) => run(query, &here.inside()),
        Source::Function { name, arguments, numbered } => {
            let values = arguments.iter().map(|node| value(node, &here)).collect::<Result<Vec<_>>>()?;
            let mut rows = if functions::is_series(name) || name == "pg_get_keywords" {
                functions::series(name, &values)?
            } else {
                vec![vec![functions::call(name, &values, env.context)?]]
            };
            if *numbered {
                rows.iter_mut().zip(1..).for_each(|(row, number)| row.push(Value::Int(number)));
            }
            Ok(rows)
        }
        Source::Table(_) | Source::Query(_) => Ok(Vec::new()),
    }
}

fn aggregate(aggregate: &Aggregate, rows: &[Vec<Value>], env: &Env<'_>) -> Result<Value> {
    let mut items: Vec<(Vec<Value>, Vec<Value>)> = Vec::new();
    for row in rows {
        let env = env.with(row);
        if let Some(filter) = &aggregate.filter
            && !value(filter, &env)?.is_true()
        {
            continue;
        }
        let arguments = aggregate.arguments.iter().map(|node| value(node, &env)).collect::<Result<Vec<_>>>()?;
        let keys = aggregate.order.iter().map(|(node, _)| value(node, &env)).collect::<Result<Vec<_>>>()?;
        items.push((arguments, keys));
    }
    if aggregate.distinct {
        let mut seen = BTreeSet::new();
        items.retain(|(arguments, _)| seen.insert(key(arguments)));
    }
    items.sort_by(|(_, a), (_, b)| {
        let keys = a.iter().zip(b).zip(&aggregate.order);
        keys.fold(Ordering::Equal, |so_far, ((a, b), (_, down))| so_far.then_with(|| one_key(a, b, *down, *down)))
    });
    if aggregate.arguments.is_empty() {
        return Ok(Value::Int(items.len() as i64));
    }
    let first =
        || items.iter().filter_map(|(arguments, _)| arguments.first()).filter(|value| !value.is_null()).cloned();
    Ok(match aggregate.name.as_str() {
        "count" => Value::Int(first().count() as i64),
        "array_agg" if items.is_empty() => Value::Null,
        "array_agg" => Value::list(items.iter().filter_map(|(arguments, _)| arguments.first().cloned()).collect()),
        "string_agg" => {
            let between =
                items.first().and_then(|(arguments, _)| arguments.get(1)).and_then(Value::shown).unwrap_or_default();
            let parts: Vec<String> = first().filter_map(|value| value.shown()).collect();
            if parts.is_empty() { Value::Null } else { Value::text(parts.join(&between)) }
        }
        "min" => {
            first().reduce(|a, b| if b.compare(&a) == Some(Ordering::Less) { b } else { a }).unwrap_or(Value::Null)
        }
        "max" => {
            first().reduce(|a, b| if b.compare(&a) == Some(Ordering::Greater) { b } else { a }).unwrap_or(Value::Null)
        }
        "sum" => first().filter_map(|value| value.int()).reduce(|a, b| a + b).map_or(Value::Null, Value::Int),
        "bool_or" => first().reduce(|a, b| Value::Bool(a.is_true() || b.is_true())).unwrap_or(Value::Null),
        "bool_and" | "every" => first().reduce(|a, b| Value::Bool(a.is_true() && b.is_true())).unwrap_or(Value::Null),
        other => return Err(Failed(super::compile::unsupported(other))),
    })
}

/// The value of an expression.
pub fn value(node: &Node, env: &Env<'_>) -> Result<Value> {
    let truth = |known: Option<bool>| known.map_or(Value::Null, Value::Bool);
    Ok(match node {
        Node::Const(value) => value.clone(),
        Node::Column { up, at } => {
            let mut here = env;
            for _ in 0..*up {
                match here.outer {
                    Some(outer) => here = outer,
                    None => return Ok(Value::Null),
                }
            }
            here.row.get(*at).cloned().unwrap_or(Value::Null)
        }
        Node::Aggregate(at) => env.aggregates.get(*at).cloned().unwrap_or(Value::Null),
        Node::Not(inner) => match value(inner, env)? {
            Value::Bool(known) => Value::Bool(!known),
            _ => Value::Null,
        },
        Node::And(a, b) => match value(a, env)? {
            Value::Bool(false) => Value::Bool(false),
            Value::Bool(true) => value(b, env)?,
            _ => match value(b, env)? {
                Value::Bool(false) => Value::Bool(false),
                _ => Value::Null,
            },
        },
        Node::Or(a, b) => match value(a, env)? {
            Value::Bool(true) => Value::Bool(true),
            Value::Bool(false) => value(b, env)?,
            _ => match value(b, env)? {
                Value::Bool(true) => Value::Bool(true),
                _ => Value::Null,
            },
        },
        Node::IsNull(inner, wanted) => Value::Bool(value(inner, env)?.is_null() == *wanted),
        Node::Is(inner, which, wanted) => Value::Bool((value(inner, env)? == Value::Bool(*which)) == *wanted),
        Node::Distinct(a, b, wanted) => {
            let (a, b) = (value(a, env)?, value(b, env)?);
            let other = match (a.is_null(), b.is_null()) {
                (true, true) => false,
                (true, false) | (false, true) => true,
                _ => a.compare(&b) != Some(Ordering::Equal),
            };
            Value::Bool(other == *wanted)
        }
        Node::Compare(how, a, b) => truth(compare(*how, &value(a, env)?, &value(b, env)?)),
        Node::Arithmetic(sign, a, b) => arithmetic(*sign, &value(a, env)?, &value(b, env)?)?,
        Node::Concat(a, b) => match (value(a, env)?, value(b, env)?) {
            (Value::List(a), Value::List(b)) => Value::list(a.iter().chain(b.iter()).cloned().collect()),
            (Value::List(a), one) => Value::list(a.iter().cloned().chain([one]).collect()),
            (one, Value::List(b)) => Value::list(std::iter::once(one).chain(b.iter().cloned()).collect()),
            (a, b) => match (a.shown(), b.shown()) {
                (Some(a), Some(b)) => Value::text(a + &b),
                _ => Value::Null,
            },
        },
        Node::Like { value: of, pattern, fold, negated } => {
            let (Some(of), Some(pattern)) = (value(of, env)?.shown(), value(pattern, env)?.shown()) else {
                return Ok(Value::Null);
            };
            Value::Bool(regex(&like(&pattern), *fold)?.is_match(&of) != *negated)
        }
        Node::Regex { value: of, pattern, fold, negated } => {
            let (Some(of), Some(pattern)) = (value(of, env)?.shown(), value(pattern, env)?.shown()) else {
                return Ok(Value::Null);
            };
            Value::Bool(regex(&pattern, *fold)?.is_match(&of) != *negated)
        }
        Node::In { value: of, list, negated } => {
            let of = value(of, env)?;
            let values = list.iter().map(|node| value(node, env)).collect::<Result<Vec<_>>>()?;
            truth(among(Comparison::Equal, &of, &values, false).map(|found| found != *negated))
        }
        Node::InQuery(of, query, negated) => {
            let of = value(of, env)?;
            let values: Vec<Value> = first_column(query, env)?;
            truth(among(Comparison::Equal, &of, &values, false).map(|found| found != *negated))
        }
        Node::Any { comparison, value: of, list, all } => match (value(of, env)?, value(list, env)?) {
            (of, Value::List(list)) => truth(among(*comparison, &of, &list, *all)),
            _ => Value::Null,
        },
        Node::AnyOf { comparison, value: of, query, all } => {
            let of = value(of, env)?;
            truth(among(*comparison, &of, &first_column(query, env)?, *all))
        }
        Node::Case { operand, whens, last } => {
            let of = operand.as_ref().map(|operand| value(operand, env)).transpose()?;
            for (when, then) in whens {
                let when = value(when, env)?;
                let fits = match &of {
                    Some(of) => compare(Comparison::Equal, of, &when) == Some(true),
                    None => when.is_true(),
                };
                if fits {
                    return value(then, env);
                }
            }
            match last {
                Some(last) => value(last, env)?,
                None => Value::Null,
            }
        }
        Node::Call(name, arguments) => {
            let values = arguments.iter().map(|node| value(node, env)).collect::<Result<Vec<_>>>()?;
            functions::call(name, &values, env.context)?
        }
        Node::Cast(inner, from, to) => cast(value(inner, env)?, *from, *to, env.context)?,
        Node::List(nodes) => Value::list(nodes.iter().map(|node| value(node, env)).collect::<Result<Vec<_>>>()?),
        Node::Index(list, at) => match (value(list, env)?, value(at, env)?.int()) {
            (Value::List(list), Some(at)) => {
                let at = usize::try_from(at).ok().and_then(|at| at.checked_sub(1));
                at.and_then(|at| list.get(at).cloned()).unwrap_or(Value::Null)
            }
            _ => Value::Null,
        },
        Node::Scalar(query) => {
            let mut rows = run(query, &env.inside())?;
            if rows.len() > 1 {
                let text = "more than one row returned by a subquery used as an expression";
                return Err(Failed(Fault::new("21000", text)));
            }
            rows.pop().and_then(|row| row.into_iter().next()).unwrap_or(Value::Null)
        }
        Node::Exists(query, negated) => Value::Bool(run(query, &env.inside())?.is_empty() == *negated),
        Node::ListOf(query) => Value::list(first_column(query, env)?),
    })
}

fn first_column(query: &Query, env: &Env<'_>) -> Result<Vec<Value>> {
    Ok(run(query, &env.inside())?.into_iter().filter_map(|row| row.into_iter().next()).collect())
}
