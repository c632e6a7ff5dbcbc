//! Temporary measurement.
use super::*;
use arrow::array::{TimestampMicrosecondArray};

async fn lay(site: &mut Site, scale: f64) {
    let months = 24i64;
    for (dataset, total) in [("portal/events", 400_000f64), ("lb365/bus_messages", 1_000_000f64)] {
        let contract = Arc::clone(site.contracts.get(dataset).unwrap());
        let schema = contract.staged_schema();
        let per = (total * scale) as i64 / months;
        for month in 0..months {
            let start = 1_577_836_800_000_000i64 + month * 30 * 86_400_000_000;
            let n = per as usize;
            let id = fingerprint([dataset.to_owned(), month.to_string()])[..16].to_owned();
            let file = format!("{}-{:02}-28.ndjson", 2020 + month / 12, month % 12 + 1);
            let object = format!("{dataset}/{file}");
            let day: NaiveDate = file[..10].parse().unwrap();
            let names = ["Gent", "Stad Antwerpen", "OCMW Sint-Niklaas", "Aalter", "Lievegem", "Provincie Antwerpen"];
            let columns: Vec<ArrayRef> = schema.fields().iter().map(|f| -> ArrayRef {
                let text = |of: &dyn Fn(i64) -> String| -> ArrayRef { Arc::new((0..n as i64).map(|i| Some(of(i))).collect::<StringArray>()) };
                match f.name().as_str() {
                    "event_id" | "message_id" => text(&|i| { let h = (month * per + i) as u64; let a = h.wrapping_mul(0x9E37_79B9_7F4A_7C15); let b = (a ^ (a >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9); format!("{:016x}-{:016x}", a, b) }),
                    "user_id" => text(&|i| fingerprint([(i * 7919 % 1500).to_string()])),
                    "authority" => text(&|i| names[(i * 31 % 6) as usize].to_owned()),
                    "module" => text(&|i| ["dashboard", "bouwstenen", "leernetwerk"][(i % 3) as usize].to_owned()),
                    "action" => text(&|i| ["bekijken", "zoeken"][(i % 2) as usize].to_owned()),
                    "service" => text(&|i| format!("dienst{}", i % 12)),
                    "partner" => text(&|i| format!("partner{}", i % 9)),
                    "_delivery" => text(&|_| id.clone()),
                    "_object" => text(&|_| object.clone()),
                    "_delivery_date" => Arc::new(Date32Array::from_value(number_of(day), n)),
                    "occurred_at" => Arc::new((0..n as i64).map(|i| Some(start + i * (29 * 86_400_000_000 / per.max(1)))).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
                    "status_code" => Arc::new(Int64Array::from_iter_values((0..n as i64).map(|i| if i % 50 == 0 { 500 } else { 200 }))),
                    "duration_ms" | "bytes" => Arc::new(Int64Array::from_iter_values((0..n as i64).map(|i| i * 7919 % 5000))),
                    _ => Arc::new(Int64Array::from_iter_values(1..=n as i64)),
                }
            }).collect();
            let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
            site.draft.write_part(&contract.staged_table(), &id, "made by hand", &[batch]).await.unwrap();
            site.received.push(Received { dataset: dataset.into(), object, sha256: id.clone(), date: day, outcome: "accepted", id });
        }
    }
    site.record().await;
}

fn peak() -> String {
    std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS")).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn bench() {
    let scale: f64 = std::env::var("SCALE").ok().and_then(|s| s.parse().ok()).unwrap_or(1.0);
    let mut site = Site::in_flanders().await;
    lay(&mut site, scale).await;
    site.draft.publish().await.unwrap();
    eprintln!("laid {}", peak());
    let first = site.run().await;
    eprintln!("first {:.3} s, {} rows {}", first.seconds, first.total_rows(), peak());
    let none = site.run().await;
    eprintln!("nothing {:.3} s", none.seconds);
    deliver(&mut site).await;
    let more = site.run().await;
    eprintln!("one more {:.3} s {:?}", more.seconds, more.changed);
    let full = site.run_with(None, true).await;
    eprintln!("full {:.3} s {:?} {}", full.seconds, full.changed, peak());
}

async fn deliver(site: &mut Site) {
    site.deliver("portal/events", "2022-03-31.ndjson", &[r#"{"event_id":"e1","occurred_at":"2021-03-01T10:00:00Z","user_id":"u","authority":"Gent","module":"dashboard","action":"bekijken"}"#]).await;
}
