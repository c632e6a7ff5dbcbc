//! Each reason for which a delivery is refused.

use super::world::{World, gzip, usage, users};

#[test]
fn what_cannot_be_read_is_refused() {
    let good = users(0, 2000);
    let zipped = gzip(good.as_bytes());
    let zstd = zstd::encode_all(good.as_bytes(), 1).unwrap();
    let csv = "portal/users/2022-03.csv";
    let cases: [(&str, &[u8], &str); 19] = [
        (csv, b"", "empty_file"),
        (csv, b"\xef\xbb\xbf\n \n", "empty_file"),
        (csv, &gzip(b""), "empty_file"),
        (csv, &zipped[..zipped.len() / 2], "unreadable: "),
        (csv, &zipped[..zipped.len() - 4], "unreadable: "),
        (csv, &zstd[..zstd.len() / 2], "unreadable: "),
        (csv, b"PK\x03\x04rest", "unreadable: the file is xlsx, expected csv"),
        (csv, b"gebruiker_id;bestuur\nu;Aalst\n", "missing_column: geregistreerd_op"),
        (csv, b"gebruiker_id;Gebruiker_ID;geregistreerd_op\n", "duplicate_column: gebruiker_id"),
        (
            csv,
            b"gebruiker_id;geregistreerd_op\nu;\"2021\n;\n",
            "unreadable: the quote in the row on line 2 is not closed",
        ),
        (csv, b"gebruiker_id;geregistreerd_op;functie\nu;2021-01-01;caf\xe9\n", "wrong_encoding: line 2 is not UTF-8"),
        ("portal/users/nieuw.csv", good.as_bytes(), "no_date: "),
        ("portal/users/2022-13.csv", good.as_bytes(), "no_date: "),
        ("portal/events/2022-03.ndjson", b"\n\n", "empty_file"),
        (
            "catalogue/suppliers/2022-03.json",
            b"{\"next\":null}",
            "unreadable: the JSON on line 1 is a page without `items`",
        ),
        ("catalogue/suppliers/2022-03.json", b"[{\"a\":1}", "unreadable: the JSON on line 1 ends too early"),
        ("catalogue/suppliers/2022-03.json", b"[]\n[]", "unreadable: the JSON on line 2 goes on after its end"),
        ("portal/building_blocks/2022-03-31.xlsx", b"Bestuur;Bouwsteen\n", "unreadable: the file is not xlsx"),
        ("portal/building_blocks/2022-03-31.xlsx", b"PK\x03\x04rest", "unreadable: the workbook"),
    ];
    let world = World::new();
    let mut expected = Vec::new();
    for (case, (path, content, reason)) in cases.iter().enumerate() {
        // Of each case a file of its own; the date, where there is one, stays.
        let (folder, name) = path.rsplit_once('/').unwrap();
        let path = format!("{folder}/{case:02}_{name}");
        world.put(&path, content);
        expected.push((path, *reason));
    }
    let summary = world.run();
    assert_eq!((summary.refused.len(), summary.accepted, summary.accepted_rows), (expected.len(), 0, 0));
    for (path, expected) in expected {
        let reason = &summary.refused.iter().find(|(object, _)| *object == path).unwrap().1;
        assert!(reason.starts_with(expected), "{path}: {reason}, expected {expected}");
    }
}

#[test]
fn more_than_five_in_a_hundred_is_too_many() {
    let bad = |count: usize| "u;n;e;Aalst;f;later;\n".repeat(count);
    let world = World::new();
    world.put("portal/users/2022-01.csv", users(0, 95) + &bad(5));
    world.put("portal/users/2022-02.csv", users(1000, 94) + &bad(6));
    let summary = world.run();
    assert_eq!((summary.accepted, summary.refused.len()), (1, 1));
    assert_eq!(world.refusal(), "too_many_rejected: 6 of 100 rows (6.0 %), more than 5 %");
    let expected = [
        "portal/users/2022-01.csv|2022-01-31|100|95|5|accepted",
        "portal/users/2022-02.csv|2022-02-28|100|94|6|refused",
    ];
    assert_eq!(world.deliveries(), expected);
    // Rejected rows of the refused delivery are listed too; nothing of it counts.
    assert_eq!(world.rejected().len(), 11);
    assert_eq!(world.rows("staged/portal_users", &["_object"]).len(), 95);
}

#[test]
fn a_refused_delivery_is_taken_once_it_comes_in_good_order() {
    let world = World::new();
    world.put("portal/users/2022-01.csv", "gebruiker_id\nu\n");
    assert_eq!(world.run().refused.len(), 1);
    let again = world.run();
    assert_eq!((again.new, again.still_refused.len()), (0, 1));
    world.put("portal/users/2022-01.csv", users(0, 3));
    let summary = world.run();
    assert_eq!((summary.accepted, summary.refused.len(), summary.still_refused.len()), (1, 0, 0));
    assert_eq!(world.deliveries().len(), 2);
}

#[test]
fn another_threshold_is_another_reading() {
    let mut world = World::new();
    world.put("portal/users/2022-02.csv", users(0, 9) + "u;n;e;Aalst;f;later;\n");
    assert_eq!(world.run().refused.len(), 1);
    world.settings.refuse_above_of.insert("portal/users".to_owned(), 0.2);
    assert_eq!(world.run().accepted, 1);
    assert_eq!(world.rows("staged/portal_users", &["_row"]).len(), 9);
    assert_eq!(world.deliveries(), ["portal/users/2022-02.csv|2022-02-28|10|9|1|accepted"]);
    world.settings.refuse_above_of.clear();
    assert_eq!(world.run().refused.len(), 1);
    assert_eq!(world.rows("staged/portal_users", &["_row"]).len(), 0);
    world.settings.refuse_above_of.insert("portal/user".to_owned(), 0.2);
    assert!(usage(world.try_run()).contains("did you mean `portal/users`"));
}

#[test]
fn what_is_no_delivery_is_left_alone() {
    let world = World::new();
    world.put("portal/users/.2022-01.csv", "x").put("elders/dingen/2022-01.csv", "x").put("lees-mij.txt", "x");
    let summary = world.run();
    assert_eq!((summary.new, summary.notes.len()), (0, 3));
    assert_eq!(world.deliveries(), [] as [&str; 0]);
}

#[test]
fn a_header_without_rows_is_a_delivery_without_rows() {
    let world = World::new();
    world.put("portal/users/2022-01.csv", users(0, 0)).put("catalogue/suppliers/2022-01.json", "[]");
    world.put("catalogue/solutions/2022-01.json", r#"{"next": "http://x/2", "items": [], "total": 0}"#);
    assert_eq!(world.run().accepted, 3);
}
