//! The messages on the service bus of the trial: Parquet for each quarter, and
//! lines of JSON for what has come since.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Builder, Int64Builder, StringBuilder, TimestampMillisecondBuilder};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::record_batch::RecordBatch;
use chrono::{NaiveDate, TimeDelta};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::SampleError;
use super::calendar::{day, month_first, month_last, month_of, split, utc};
use super::dice::Dice;
use super::events::{push_date, push_time, volumes};
use super::names;
use super::plan::Spell;
use super::text::{push_json, push_number, push_padded};
use super::world::World;

/// Messages at scale 1 from January 2020 up to 2022-07-31.
const MESSAGES: f64 = 1_000_000.0;
const FIRST_MONTH: usize = 24;
const LAST_PUBLISHED: usize = 54;
/// Rows that are in memory as columns at once.
const BATCH: usize = 65_536;

/// What goes over the bus.
struct Service {
    name: &'static str,
    /// The outside party; none inside the platform.
    partner: Option<&'static str>,
    /// Usual duration in ms.
    duration: f64,
    /// Usual size in bytes.
    size: f64,
    /// Errors in ten thousand messages.
    errors: usize,
    /// Share of the traffic, out of a hundred.
    share: usize,
}

const fn service(
    name: &'static str,
    partner: Option<&'static str>,
    duration: f64,
    size: f64,
    errors: usize,
    share: usize,
) -> Service {
    Service { name, partner, duration, size, errors, share }
}

const SERVICES: [Service; 14] = [
    service("personen", Some("MAGDA"), 180.0, 2_400.0, 110, 20),
    service("ondernemingen", Some("MAGDA"), 210.0, 1_900.0, 120, 9),
    service("adressen", Some("Basisregisters"), 90.0, 1_100.0, 80, 13),
    service("dossierstatus", Some("DOSIS"), 140.0, 700.0, 150, 9),
    service("burgerprofiel", Some("Mijn Burgerprofiel"), 160.0, 900.0, 170, 7),
    service("documentverzending", Some("MAGDA documentendienst"), 650.0, 48_000.0, 190, 3),
    service("archivering", Some("Digitaal Archief Vlaanderen"), 900.0, 85_000.0, 180, 2),
    service("ondertekening", Some("Digitaal tekenen"), 400.0, 52_000.0, 140, 3),
    service("notulen", Some("LBLOD"), 320.0, 15_000.0, 130, 4),
    service("postregistratie", None, 60.0, 3_000.0, 60, 10),
    service("meldingen", None, 70.0, 2_200.0, 90, 8),
    service("zaken", None, 55.0, 1_500.0, 70, 9),
    service("betalingen", Some("Betaalmodule"), 380.0, 800.0, 200, 2),
    service("synchronisatie", Some("Wakkere Egel Systemen"), 240.0, 6_000.0, 200, 1),
];
const ERRORS: [u16; 7] = [400, 401, 404, 429, 500, 503, 504];

/// One message.
#[derive(Clone, Copy)]
struct Message {
    /// Milliseconds since 1970 in UTC.
    at: i64,
    /// Index in the list of tenants; none for the platform itself.
    tenant: Option<u16>,
    service: u8,
    status: u16,
    duration: u32,
    bytes: Option<u32>,
}

/// Makes the messages of each month.
pub(super) struct Bus<'a> {
    world: &'a World,
    /// First day and spellings (before and from 2025 on) of each participant.
    tenants: Vec<(NaiveDate, [String; 2])>,
    volumes: Vec<usize>,
    services: Vec<u8>,
}

impl<'a> Bus<'a> {
    /// Prepares the messages of a scale; `joined` are the participants.
    pub(super) fn new(world: &'a World, joined: &[(usize, Spell)], scale: f64) -> Bus<'a> {
        let mut dice = world.dice("lb365/bus tenants");
        let mut tenants: Vec<(NaiveDate, [String; 2])> = joined
            .iter()
            .map(|&(town, spell)| {
                let mut spelled = |on| names::spell(&world.towns[town], on, 0, &mut dice);
                (spell.from, [spelled(day(2022, 6, 30)), spelled(day(2025, 6, 30))])
            })
            .collect();
        tenants.sort();
        let services =
            (0_u8..).zip(&SERVICES).flat_map(|(number, service)| std::iter::repeat_n(number, service.share)).collect();
        Bus { world, tenants, volumes: volumes(MESSAGES * scale, FIRST_MONTH, LAST_PUBLISHED), services }
    }

    fn month(&self, month: usize) -> Vec<Message> {
        let mut dice = self.world.dice(&format!("lb365/bus_messages {month}"));
        let tenants = self.tenants.iter().filter(|(from, _)| *from < month_first(month)).count();
        let mut messages: Vec<Message> =
            (0..self.volumes[month]).map(|_| self.message(month, tenants, &mut dice)).collect();
        messages.sort_by_key(|message| (message.at, message.service, message.duration));
        messages
    }

    fn message(&self, month: usize, tenants: usize, dice: &mut Dice) -> Message {
        let number = dice.pick(&self.services).copied().unwrap_or(0);
        let service = &SERVICES[usize::from(number)];
        let on = dice.day(month_first(month), month_last(month));
        let hour = if dice.chance(0.12) { dice.between(3, 23) } else { dice.between(7, 17) };
        let at = utc(on, hour * 3_600 + dice.between(0, 3_599)) * 1_000 + dice.between(0, 999);
        let failed = dice.below(10_000) < service.errors;
        let status = match failed {
            true => ERRORS[dice.below(ERRORS.len())],
            false => [200, 200, 200, 200, 200, 200, 201, 202, 204, 304][dice.below(10)],
        };
        // Log-normal: most are quick, a few very slow.
        let mut duration = service.duration * (0.55 * dice.normal()).exp();
        if status == 504 {
            duration += 30_000.0;
        }
        let bytes = (!matches!(status, 204 | 304)).then(|| (service.size * (0.4 + 1.2 * dice.unit())) as u32);
        // The larger share of the traffic is of those who were there first.
        let tenant = (!dice.chance(0.01) && tenants > 0).then(|| dice.below_skewed(tenants) as u16);
        Message { at, tenant, service: number, status, duration: duration as u32, bytes }
    }

    fn tenant(&self, month: usize, message: &Message) -> Option<&str> {
        let era = usize::from(month >= 84);
        message.tenant.map(|tenant| self.tenants[usize::from(tenant)].1[era].as_str())
    }

    /// The messages of the days after `after` up to `until`, month by month,
    /// each with its number in the month.
    fn between(
        &self,
        after: NaiveDate,
        until: NaiveDate,
        mut take: impl FnMut(usize, usize, &Message) -> Result<(), SampleError>,
    ) -> Result<u64, SampleError> {
        let start = after.max(month_first(FIRST_MONTH) - TimeDelta::days(1)) + TimeDelta::days(1);
        let (first, last) = (utc(start, 0) * 1_000, utc(until + TimeDelta::days(1), 0) * 1_000);
        let mut rows = 0;
        for month in month_of(start)..=month_of(until) {
            for (number, message) in self.month(month).iter().enumerate() {
                if (first..last).contains(&message.at) {
                    take(month, number, message)?;
                    rows += 1;
                }
            }
        }
        Ok(rows)
    }

    /// The lines of JSON of a delivery, and how many there are.
    pub(super) fn lines(&self, after: NaiveDate, until: NaiveDate) -> Result<(Vec<u8>, u64), SampleError> {
        let mut out = Vec::new();
        let rows = self.between(after, until, |month, number, message| {
            let service = &SERVICES[usize::from(message.service)];
            out.extend_from_slice(b"{\"bericht_id\":\"");
            push_id(&mut out, month, number);
            out.extend_from_slice(b"\",\"tijdstip\":\"");
            let (on, second) = split(message.at.div_euclid(1_000));
            push_date(&mut out, on);
            out.push(b'T');
            push_time(&mut out, second);
            out.push(b'.');
            push_padded(&mut out, message.at.rem_euclid(1_000) as u64, 3);
            out.extend_from_slice(b"Z\",\"bestuur\":");
            push_maybe(&mut out, self.tenant(month, message));
            out.extend_from_slice(b",\"dienst\":");
            push_json(&mut out, service.name);
            out.extend_from_slice(b",\"partner\":");
            push_maybe(&mut out, service.partner);
            out.extend_from_slice(b",\"status_code\":");
            push_number(&mut out, u64::from(message.status));
            out.extend_from_slice(b",\"duur_ms\":");
            push_number(&mut out, u64::from(message.duration));
            if let Some(bytes) = message.bytes {
                out.extend_from_slice(b",\"bytes\":");
                push_number(&mut out, u64::from(bytes));
            }
            out.extend_from_slice(b"}\n");
            Ok(())
        })?;
        Ok((out, rows))
    }

    /// The Parquet file of a delivery, and how many rows it has.
    pub(super) fn parquet(&self, after: NaiveDate, until: NaiveDate) -> Result<(Vec<u8>, u64), SampleError> {
        let problem = |source: parquet::errors::ParquetError| SampleError::Parquet(source.to_string());
        let moments = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
        let schema = Arc::new(Schema::new(vec![
            Field::new("bericht_id", DataType::Utf8, false),
            Field::new("tijdstip", moments, false),
            Field::new("bestuur", DataType::Utf8, true),
            Field::new("dienst", DataType::Utf8, false),
            Field::new("partner", DataType::Utf8, true),
            Field::new("status_code", DataType::Int32, false),
            Field::new("duur_ms", DataType::Int64, false),
            Field::new("bytes", DataType::Int64, true),
        ]));
        let level = ZstdLevel::try_new(1).map_err(problem)?;
        // The name of the writer holds its version: not for bytes that stay the same.
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_created_by("lb-bus export".to_owned())
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties)).map_err(problem)?;
        let mut columns = Columns::default();
        let rows = self.between(after, until, |month, number, message| {
            columns.push(month, number, message, self.tenant(month, message));
            if columns.rows == BATCH {
                writer.write(&columns.batch(&schema)?).map_err(problem)?;
            }
            Ok(())
        })?;
        writer.write(&columns.batch(&schema)?).map_err(problem)?;
        Ok((writer.into_inner().map_err(problem)?, rows))
    }
}

fn push_id(out: &mut Vec<u8>, month: usize, number: usize) {
    out.push(b'B');
    push_number(out, 201_801 + (month / 12 * 100 + month % 12) as u64);
    out.push(b'-');
    push_padded(out, number as u64 + 1, 7);
}

fn push_maybe(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => push_json(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

/// The columns of the rows that are yet to be written.
#[derive(Default)]
struct Columns {
    rows: usize,
    id: StringBuilder,
    scratch: Vec<u8>,
    at: TimestampMillisecondBuilder,
    tenant: StringBuilder,
    service: StringBuilder,
    partner: StringBuilder,
    status: Int32Builder,
    duration: Int64Builder,
    bytes: Int64Builder,
}

impl Columns {
    fn push(&mut self, month: usize, number: usize, message: &Message, tenant: Option<&str>) {
        let service = &SERVICES[usize::from(message.service)];
        self.rows += 1;
        self.scratch.clear();
        push_id(&mut self.scratch, month, number);
        self.id.append_value(std::str::from_utf8(&self.scratch).unwrap_or_default());
        self.at.append_value(message.at);
        self.tenant.append_option(tenant);
        self.service.append_value(service.name);
        self.partner.append_option(service.partner);
        self.status.append_value(i32::from(message.status));
        self.duration.append_value(i64::from(message.duration));
        self.bytes.append_option(message.bytes.map(i64::from));
    }

    fn batch(&mut self, schema: &Arc<Schema>) -> Result<RecordBatch, SampleError> {
        self.rows = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.id.finish()),
            Arc::new(self.at.finish().with_timezone("UTC")),
            Arc::new(self.tenant.finish()),
            Arc::new(self.service.finish()),
            Arc::new(self.partner.finish()),
            Arc::new(self.status.finish()),
            Arc::new(self.duration.finish()),
            Arc::new(self.bytes.finish()),
        ];
        RecordBatch::try_new(schema.clone(), columns).map_err(|source| SampleError::Parquet(source.to_string()))
    }
}
