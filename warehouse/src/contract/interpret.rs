//! From the file of a contract to a [`Contract`].

use serde_saphyr::{Location, Spanned};

use super::document::{self, Custom, Document, Property, Quality, ServiceLevel, Table, Value, wrong};
use super::{
    Column, ColumnType, Constraint, Contract, DateForm, Encoding, FactDay, Format, FormatKind, Frequency,
    FrequencyUnit, INDICATORS, MILESTONE_INDICATORS, Mode, Privacy, Reference,
};
use crate::nearest::did_you_mean;
use crate::table::fingerprint;
use crate::{Error, Result};

/// The end of the name of a contract's file.
pub(super) const SUFFIX: &str = ".odcs.yaml";

/// Properties of a dataset that are Peil's own.
const DATASET_PROPERTIES: [&str; 8] =
    ["load", "formats", "separator", "encoding", "decimalComma", "sheet", "factDay", "largeFact"];
/// How often a delivery comes, among the service levels of the standard.
const FREQUENCY: &str = "frequency";
/// Property of a column that is Peil's own.
const COLUMN_PROPERTIES: [&str; 1] = ["privacy"];
/// Types of a column, with the standard's logical type of each.
const TYPES: [(&str, &str); 8] = [
    ("text", "string"),
    ("authority", "string"),
    ("period", "string"),
    ("date", "date"),
    ("timestamp", "timestamp"),
    ("integer", "integer"),
    ("amount", "number"),
    ("decimal", "number"),
];
/// The form of a text that is an enterprise number.
const ENTERPRISE_NUMBER: &str = "enterprise-number";
/// Decimals are kept in millionths.
const MILLION: f64 = 1e6;

/// What every step needs: the file, for errors.
struct Reader<'a> {
    file: &'a str,
}

pub(super) fn contract(file: &str, text: &str) -> Result<Contract> {
    let document = document::parse(file, text)?;
    let dataset = file.strip_suffix(SUFFIX).unwrap_or(file);
    Reader { file }.contract(dataset, &document, text)
}

impl Reader<'_> {
    fn contract(&self, dataset: &str, document: &Document, text: &str) -> Result<Contract> {
        if !document.api_version.value.starts_with("v3.1") {
            let what = format!("apiVersion is `{}`: write v3.1.0", document.api_version.value);
            return Err(wrong(self.file, &document.api_version.referenced, what));
        }
        if document.kind.value != "DataContract" {
            return Err(wrong(self.file, &document.kind.referenced, "kind must be DataContract"));
        }
        let [table] = document.schema.as_slice() else {
            return Err(Error::usage(format!("contract {}: `schema` must hold exactly one dataset", self.file)));
        };
        self.agree(dataset, table)?;
        let format = self.format(table)?;
        let columns = self.columns(&table.properties)?;
        let contract = Contract {
            dataset: dataset.to_owned(),
            description: table.description.clone(),
            mode: self.mode(table)?,
            key: self.key(table)?,
            fact_day: self.fact_day(table, &columns)?,
            large_fact: self.flag(table, "largeFact")?,
            frequency: self.frequency(&document.sla_properties)?,
            fingerprint: fingerprint([text]),
            format,
            columns,
        };
        self.orders(table, &contract)?;
        Ok(contract)
    }

    /// The names in the file must be those of its path.
    fn agree(&self, dataset: &str, table: &Table) -> Result<()> {
        let part = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        let well_formed = dataset.split_once('/').is_some_and(|(system, name)| part(system) && part(name));
        if !well_formed {
            return Err(Error::usage(format!(
                "contract {}: the file must be <system>/<dataset>{SUFFIX}, in lower case, digits and underscores",
                self.file
            )));
        }
        for (given, expected) in [(&table.physical_name, dataset.to_owned()), (&table.name, dataset.replace('/', "_"))]
        {
            if given.value != expected {
                let what = format!("`{}` does not agree with the path of the file: write `{expected}`", given.value);
                return Err(wrong(self.file, &given.referenced, what));
            }
        }
        for custom in &table.custom_properties {
            self.known(&custom.property, &DATASET_PROPERTIES)?;
        }
        Ok(())
    }

    fn known(&self, name: &Spanned<String>, known: &[&str]) -> Result<()> {
        if known.contains(&name.value.as_str()) {
            return Ok(());
        }
        let near = did_you_mean(&name.value, known.iter().copied());
        let near = if near.is_empty() { format!(": known are {}", known.join(", ")) } else { near };
        Err(wrong(self.file, &name.referenced, format!("unknown property `{}`{near}", name.value)))
    }

    fn choice<T: Copy>(&self, at: &Location, given: &str, known: &[(&str, T)]) -> Result<T> {
        known.iter().find(|(name, _)| *name == given).map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            wrong(self.file, at, format!("`{given}` is none of {}", names.join(", ")))
        })
    }

    fn text<'b>(&self, custom: &'b Custom) -> Result<&'b str> {
        match &custom.value {
            Value::Text(text) => Ok(text),
            _ => Err(wrong(
                self.file,
                &custom.property.referenced,
                format!("`{}` must be a text", custom.property.value),
            )),
        }
    }

    fn flag(&self, table: &Table, name: &str) -> Result<bool> {
        match find(&table.custom_properties, name) {
            None => Ok(false),
            Some(Custom { value: Value::Flag(flag), .. }) => Ok(*flag),
            Some(custom) => {
                Err(wrong(self.file, &custom.property.referenced, format!("`{name}` must be true or false")))
            }
        }
    }

    fn frequency(&self, promises: &[ServiceLevel]) -> Result<Option<Frequency>> {
        let mut frequency = None;
        for promise in promises {
            self.known(&promise.property, &[FREQUENCY])?;
            if promise.value.value == 0 {
                let what = format!("`{FREQUENCY}` must be 1 or more");
                return Err(wrong(self.file, &promise.value.referenced, what));
            }
            let unit = self.choice(&promise.unit.referenced, &promise.unit.value, &FrequencyUnit::KNOWN)?;
            if frequency.replace(Frequency { every: promise.value.value, unit }).is_some() {
                let what = format!("`{FREQUENCY}` is given twice");
                return Err(wrong(self.file, &promise.property.referenced, what));
            }
        }
        Ok(frequency)
    }

    fn mode(&self, table: &Table) -> Result<Mode> {
        let custom = find(&table.custom_properties, "load").ok_or_else(|| {
            wrong(self.file, &table.name.referenced, "the property `load` is missing: upsert or snapshot")
        })?;
        self.choice(&custom.property.referenced, self.text(custom)?, &Mode::KNOWN)
    }

    fn format(&self, table: &Table) -> Result<Format> {
        let properties = &table.custom_properties;
        let missing = || wrong(self.file, &table.name.referenced, "the property `formats` is missing, as [csv]");
        let formats = find(properties, "formats").ok_or_else(missing)?;
        let kinds = match &formats.value {
            Value::List(names) if !names.is_empty() => names
                .iter()
                .map(|name| self.choice(&formats.property.referenced, name, &FormatKind::KNOWN))
                .collect::<Result<Vec<_>>>()?,
            _ => return Err(wrong(self.file, &formats.property.referenced, "`formats` must be a list, as [csv]")),
        };
        let separator = match find(properties, "separator") {
            None => ';',
            Some(custom) => match self.text(custom)?.chars().collect::<Vec<_>>().as_slice() {
                [one] if one.is_ascii() && !matches!(one, '"' | '\n' | '\r') => *one,
                _ => {
                    return Err(wrong(
                        self.file,
                        &custom.property.referenced,
                        "`separator` must be one ASCII character",
                    ));
                }
            },
        };
        let encoding = match find(properties, "encoding") {
            None => Encoding::Utf8,
            Some(custom) => self.choice(&custom.property.referenced, self.text(custom)?, &Encoding::KNOWN)?,
        };
        let sheet = find(properties, "sheet").map(|custom| self.text(custom).map(str::to_owned)).transpose()?;
        if kinds.contains(&FormatKind::Xlsx) && sheet.is_none() {
            return Err(wrong(
                self.file,
                &formats.property.referenced,
                "XLSX needs the property `sheet`: the sheet to read",
            ));
        }
        Ok(Format { kinds, separator, encoding, decimal_comma: self.flag(table, "decimalComma")?, sheet })
    }

    fn columns(&self, properties: &[Property]) -> Result<Vec<Column>> {
        let columns = properties.iter().map(|property| self.column(property)).collect::<Result<Vec<_>>>()?;
        for (index, property) in properties.iter().enumerate() {
            let earlier = &columns[..index];
            if earlier.iter().any(|column| column.name == columns[index].name || column.source == columns[index].source)
            {
                return Err(wrong(
                    self.file,
                    &property.name.referenced,
                    format!("a second column `{}`", property.name.value),
                ));
            }
        }
        Ok(columns)
    }

    fn column(&self, property: &Property) -> Result<Column> {
        for custom in &property.custom_properties {
            self.known(&custom.property, &COLUMN_PROPERTIES)?;
        }
        let privacy = match find(&property.custom_properties, "privacy") {
            None => Privacy::Keep,
            Some(custom) => self.choice(&custom.property.referenced, self.text(custom)?, &Privacy::KNOWN)?,
        };
        let column_type = self.column_type(property)?;
        if privacy == Privacy::Pseudonymise && column_type != ColumnType::Text {
            return Err(wrong(self.file, &property.name.referenced, "only a text can be pseudonymised"));
        }
        let mut constraints = self.range(property)?;
        for rule in &property.quality {
            constraints.push(self.rule(rule)?);
        }
        let reference = match property.relationships.as_slice() {
            [] => None,
            [relationship] => Some(self.reference(&relationship.to)?),
            _ => return Err(wrong(self.file, &property.name.referenced, "a column can refer to one thing only")),
        };
        Ok(Column {
            name: property.name.value.clone(),
            source: property.physical_name.clone().unwrap_or_else(|| property.name.value.clone()),
            column_type,
            required: property.required,
            constraints,
            reference,
            privacy,
            description: property.description.clone(),
        })
    }

    fn column_type(&self, property: &Property) -> Result<ColumnType> {
        let (given, at) = (property.physical_type.value.as_str(), &property.physical_type.referenced);
        let logical = property.logical_type.value.as_str();
        let nested = |column_type: ColumnType, expected: &str| {
            if logical == expected {
                return Ok(column_type);
            }
            Err(wrong(
                self.file,
                &property.logical_type.referenced,
                format!("the logicalType of `{given}` is {expected}"),
            ))
        };
        match given {
            "list<text>" => return nested(ColumnType::List(Box::new(ColumnType::Text)), "array"),
            "list<authority>" => return nested(ColumnType::List(Box::new(ColumnType::Authority)), "array"),
            "list" => {
                let items = property.items.as_ref().filter(|items| items.logical_type.value == "object");
                let items =
                    items.ok_or_else(|| wrong(self.file, at, "a `list` needs `items` of logicalType object"))?;
                return nested(ColumnType::Records(self.members(&items.properties)?), "array");
            }
            "object" => return nested(ColumnType::Record(self.members(&property.properties)?), "object"),
            _ => {}
        }
        let Some((_, expected)) = TYPES.iter().find(|(name, _)| *name == given) else {
            let known = TYPES.iter().map(|(name, _)| *name).chain(["list<text>", "list<authority>", "list", "object"]);
            return Err(wrong(self.file, at, format!("unknown physicalType `{given}`{}", did_you_mean(given, known))));
        };
        let form = property.logical_type_options.as_ref().and_then(|options| options.format.as_ref());
        let column_type = match given {
            "text" => match form {
                None => ColumnType::Text,
                Some(form) => self
                    .choice(&form.referenced, &form.value, &[(ENTERPRISE_NUMBER, ())])
                    .map(|()| ColumnType::EnterpriseNumber)?,
            },
            "authority" => ColumnType::Authority,
            "period" => ColumnType::Period,
            "timestamp" => ColumnType::Timestamp,
            "integer" => ColumnType::Integer,
            "amount" => ColumnType::Amount,
            "date" => ColumnType::Date(match form {
                None => DateForm::Iso,
                Some(form) => self.choice(&form.referenced, &form.value, &DateForm::KNOWN)?,
            }),
            _ => ColumnType::Decimal,
        };
        nested(column_type, expected)
    }

    fn members(&self, properties: &[Property]) -> Result<Vec<Column>> {
        let members = self.columns(properties)?;
        for (member, property) in members.iter().zip(properties) {
            if !matches!(member.column_type, ColumnType::Text | ColumnType::Decimal) || member.privacy != Privacy::Keep
            {
                return Err(wrong(
                    self.file,
                    &property.name.referenced,
                    "a member of an object can be a text or a decimal",
                ));
            }
        }
        Ok(members)
    }

    fn range(&self, property: &Property) -> Result<Vec<Constraint>> {
        let Some(options) = &property.logical_type_options else { return Ok(Vec::new()) };
        let bounds = [&options.minimum, &options.maximum];
        let Some(first) = bounds.into_iter().flatten().next() else { return Ok(Vec::new()) };
        if !matches!(property.logical_type.value.as_str(), "integer" | "number") {
            return Err(wrong(self.file, &first.referenced, "minimum and maximum are for numbers"));
        }
        let [minimum, maximum] =
            bounds.map(|bound| bound.as_ref().map(|bound| (bound.value * MILLION).round() as i128));
        Ok(vec![Constraint::Range { minimum, maximum }])
    }

    fn rule(&self, rule: &Quality) -> Result<Constraint> {
        let at = &rule.kind.referenced;
        match rule.kind.value.as_str() {
            "library" => match (rule.metric.as_deref(), rule.must_be, &rule.arguments) {
                (Some("invalidValues"), Some(0), Some(arguments)) => {
                    Ok(Constraint::OneOf(arguments.valid_values.clone()))
                }
                _ => Err(wrong(
                    self.file,
                    at,
                    "of the library, the rule known is `metric: invalidValues` with `mustBe: 0` and `validValues`",
                )),
            },
            "custom" => {
                let implementation = rule.implementation.as_ref().filter(|_| rule.engine.as_deref() == Some("peil"));
                let implementation = implementation.ok_or_else(|| {
                    wrong(self.file, at, "a custom rule needs `engine: peil` and its `implementation`")
                })?;
                match (&implementation.not_before, &implementation.after, &implementation.checksum) {
                    (Some(column), None, None) => {
                        Ok(Constraint::NotBefore { column: column.value.clone(), strictly: false })
                    }
                    (None, Some(column), None) => {
                        Ok(Constraint::NotBefore { column: column.value.clone(), strictly: true })
                    }
                    (None, None, Some(name)) => {
                        self.choice(&name.referenced, &name.value, &[(ENTERPRISE_NUMBER, ())])?;
                        Ok(Constraint::CheckDigits)
                    }
                    _ => Err(wrong(self.file, at, "a custom rule is one of notBefore, after, checksum")),
                }
            }
            other => Err(wrong(self.file, at, format!("the type of rule `{other}` is not known: library or custom"))),
        }
    }

    fn reference(&self, to: &Spanned<String>) -> Result<Reference> {
        let split = to.value.split_once('.').and_then(|(table, column)| match table {
            INDICATORS => Some(Reference::Indicator),
            MILESTONE_INDICATORS => Some(Reference::MilestoneIndicator),
            _ => table.split_once('_').map(|(system, name)| Reference::Column {
                dataset: format!("{system}/{name}"),
                column: column.to_owned(),
            }),
        });
        split.ok_or_else(|| {
            wrong(self.file, &to.referenced, format!("`{}` is no <system>_<dataset>.<column>", to.value))
        })
    }

    fn key(&self, table: &Table) -> Result<Vec<String>> {
        let mut key: Vec<(usize, &Spanned<String>)> = Vec::new();
        for property in table.properties.iter().filter(|property| property.primary_key) {
            if !property.required {
                return Err(wrong(self.file, &property.name.referenced, "a column of the key must be required"));
            }
            key.push((property.primary_key_position.unwrap_or(1), &property.name));
        }
        key.sort_by_key(|(position, _)| *position);
        if key.is_empty() || key.iter().enumerate().any(|(index, (position, _))| *position != index + 1) {
            return Err(wrong(
                self.file,
                &table.name.referenced,
                "a dataset needs a key: primaryKey with primaryKeyPosition 1, 2, …",
            ));
        }
        Ok(key.into_iter().map(|(_, name)| name.value.clone()).collect())
    }

    fn fact_day(&self, table: &Table, columns: &[Column]) -> Result<Option<FactDay>> {
        let refers = columns.iter().any(|column| column.column_type.is_authority());
        let Some(custom) = find(&table.custom_properties, "factDay") else {
            return if refers {
                Err(wrong(
                    self.file,
                    &table.name.referenced,
                    "a dataset with an authority needs `factDay`: columns, or delivery",
                ))
            } else {
                Ok(None)
            };
        };
        let at = &custom.property.referenced;
        match &custom.value {
            Value::Text(text) if text == "delivery" => Ok(Some(FactDay::Delivery)),
            Value::List(names) if !names.is_empty() => {
                for name in names {
                    let column = columns.iter().find(|column| column.name == *name);
                    if !column
                        .is_some_and(|column| matches!(column.column_type, ColumnType::Date(_) | ColumnType::Timestamp))
                    {
                        return Err(wrong(self.file, at, format!("`{name}` is no date or timestamp of the dataset")));
                    }
                }
                Ok(Some(FactDay::Earliest(names.clone())))
            }
            _ => Err(wrong(self.file, at, "`factDay` is a list of columns, or delivery")),
        }
    }

    /// A column that an order names must be there, and both must be days.
    fn orders(&self, table: &Table, contract: &Contract) -> Result<()> {
        for (column, property) in contract.columns.iter().zip(&table.properties) {
            for constraint in &column.constraints {
                let Constraint::NotBefore { column: other, .. } = constraint else { continue };
                let both = [Some(column), contract.column(other)];
                if !both.iter().all(|one| one.is_some_and(|one| matches!(one.column_type, ColumnType::Date(_)))) {
                    let what = format!("the order of `{}` and `{other}` needs two dates of the dataset", column.name);
                    return Err(wrong(self.file, &property.name.referenced, what));
                }
            }
        }
        Ok(())
    }
}

fn find<'a>(properties: &'a [Custom], name: &str) -> Option<&'a Custom> {
    properties.iter().find(|custom| custom.property.value == name)
}
