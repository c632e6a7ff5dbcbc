//! The same again, changed, later, earlier: what is in force does not depend
//! on the order of arrival.

use rust_xlsxwriter::Workbook;

use super::world::{World, users};

#[test]
fn nothing_new_does_nothing() {
    let world = World::new();
    world.put("portal/users/2022-01.csv", users(0, 3)).put("portal/users/2022.csv", "x");
    assert_eq!(world.run().new, 2);
    let (sequence, files) = (world.sequence(), world.data_files());
    let summary = world.run();
    assert_eq!((summary.new, summary.changed.len()), (0, 0));
    assert_eq!((world.sequence(), world.data_files()), (sequence, files));
}

#[test]
fn the_same_content_counts_under_its_earliest_name_whichever_came_first() {
    let content = users(0, 30) + "u;n;e;Aalst;f;later;\n";
    let names = ["portal/users/2022-03-31.csv", "portal/users/b_2022-02.csv", "portal/users/a_2022-02.csv"];
    let mut worlds = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let world = World::new();
        for name in order {
            world.put(names[name], &content);
            world.run();
        }
        worlds.push(world);
    }
    let at_once = World::new();
    names.iter().for_each(|name| {
        at_once.put(name, &content);
    });
    at_once.run();
    for world in &worlds {
        assert_eq!(world.published_files(), at_once.published_files());
        assert_eq!(world.deliveries(), at_once.deliveries());
    }
    let expected = [
        "portal/users/2022-03-31.csv|2022-03-31|0|0|0|duplicate",
        "portal/users/a_2022-02.csv|2022-02-28|31|30|1|accepted",
        "portal/users/b_2022-02.csv|2022-02-28|0|0|0|duplicate",
    ];
    assert_eq!(at_once.deliveries(), expected);
    let rows = at_once.rows("staged/portal_users", &["_object", "_delivery_date"]);
    assert!(rows.len() == 30 && rows.iter().all(|row| row == "portal/users/a_2022-02.csv|2022-02-28"));
    assert_eq!(at_once.rows("ops/rejected_rows", &["object"]), ["portal/users/a_2022-02.csv"]);
}

#[test]
fn an_earlier_twin_redates_rows_whose_object_is_gone() {
    let world = World::new();
    world.put("portal/users/2022-03.csv", users(0, 3));
    world.run();
    world.remove("portal/users/2022-03.csv").put("portal/users/2022-01.csv", users(0, 3));
    let summary = world.run();
    assert_eq!((summary.accepted, summary.changed.len()), (1, 1));
    let rows = world.rows("staged/portal_users", &["_object", "_delivery_date"]);
    assert_eq!(rows, ["portal/users/2022-01.csv|2022-01-31"; 3]);
}

#[test]
fn a_snapshot_of_another_day_is_a_new_state() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Bouwstenen").unwrap();
    for (column, (name, value)) in
        [("Bestuur", "Aalst"), ("Bouwsteen", "MAGDA"), ("Status", "In gebruik")].into_iter().enumerate()
    {
        sheet.write(0, column as u16, name).unwrap().write(1, column as u16, value).unwrap();
    }
    let content = workbook.save_to_buffer().unwrap();
    let world = World::new();
    for name in ["2022-03-31.xlsx", "2022-06-30_b.xlsx", "2022-06-30_a.xlsx"] {
        world.put(&format!("portal/building_blocks/{name}"), &content);
        world.run();
    }
    let expected = [
        "portal/building_blocks/2022-03-31.xlsx|2022-03-31|1|1|0|accepted",
        "portal/building_blocks/2022-06-30_a.xlsx|2022-06-30|1|1|0|accepted",
        "portal/building_blocks/2022-06-30_b.xlsx|2022-06-30|0|0|0|duplicate",
    ];
    assert_eq!(world.deliveries(), expected);
    let rows = world.rows("staged/portal_building_blocks", &["status", "_delivery_date", "_object"]);
    assert_eq!(
        rows,
        [
            "in gebruik|2022-03-31|portal/building_blocks/2022-03-31.xlsx",
            "in gebruik|2022-06-30|portal/building_blocks/2022-06-30_a.xlsx"
        ]
    );
}

#[test]
fn the_same_bytes_written_again_change_nothing_of_the_record() {
    let world = World::new();
    world.put("portal/users/2022-01.csv", users(0, 3));
    world.run();
    let record = world.state("ops/deliveries");
    world.remove("portal/users/2022-01.csv").put("portal/users/2022-01.csv", users(0, 3));
    assert_eq!(world.run().new, 0);
    assert_eq!(world.state("ops/deliveries"), record);
    // It is known as it is now: the next run does not look into it again.
    let sequence = world.sequence();
    world.run();
    assert_eq!(world.sequence(), sequence);
}

#[test]
fn a_changed_file_is_a_new_delivery_and_what_was_there_stays() {
    let world = World::new();
    let (first, second) = (users(0, 3), users(0, 4));
    world.put("portal/users/2022-01.csv", &first);
    world.run();
    world.put("portal/users/2022-01.csv", &second);
    world.run();
    assert_eq!(world.rows("staged/portal_users", &["_row"]).len(), 7);
    assert_eq!(world.rows("ops/deliveries", &["received_order", "rows", "outcome"]), ["1|3|accepted", "2|4|accepted"]);
    // The first content again, under the same name: nothing changes.
    world.put("portal/users/2022-01.csv", &first);
    let summary = world.run();
    assert_eq!((summary.new, summary.changed.len()), (0, 0));
    assert_eq!(world.run().new, 0);
    assert_eq!(world.rows("staged/portal_users", &["_row"]).len(), 7);
}

#[test]
fn the_same_content_in_another_dataset_is_another_delivery() {
    let world = World::new();
    let text = "bron;sinds;tot\nkrant;2021-01-01;\n";
    world.put("security/qrc_sources/2022-01.csv", text);
    world.put("security/qrc_sources/kopie_2022-02.csv", text);
    world.put("portal/tender_domains/2022-01.csv", text);
    let summary = world.run();
    assert_eq!((summary.accepted, summary.duplicates, summary.refused.len()), (1, 1, 1));
}

#[test]
fn in_full_ends_in_the_same_bytes() {
    let mut world = World::new();
    world.put("portal/users/2022-01.csv", users(0, 300)).put("portal/users/2022-02.csv", users(0, 300));
    world
        .put("portal/events/2022.ndjson", "{}")
        .put("portal/users/2022-04.csv", users(100, 30) + "u;n;e;Aalst;f;later;\n");
    world.run();
    let (files, published) = (world.data_files(), world.published_files());
    world.full = true;
    let summary = world.run();
    assert_eq!(summary.new, 4);
    assert_eq!(world.published_files(), published);
    assert_eq!(world.data_files(), files);
}

#[test]
fn a_contract_that_changed_reads_again_what_is_still_there() {
    let mut world = World::new();
    world.put("portal/users/2022-01.csv", users(0, 3)).put("portal/users/2022-02.csv", users(10, 3));
    world.run();
    world.remove("portal/users/2022-02.csv");
    let text = include_str!("../../contracts/portal/users.odcs.yaml")
        .replace("physicalName: functie", "physicalName: functie_x");
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("portal")).unwrap();
    std::fs::write(folder.path().join("portal/users.odcs.yaml"), text).unwrap();
    world.contracts = crate::contracts::load(Some(folder.path())).unwrap();
    let summary = world.run();
    assert_eq!((summary.new, summary.accepted), (1, 1));
    let rows = world.rows("staged/portal_users", &["job_title"]);
    assert_eq!(rows, ["-", "-", "-", "archivaris", "archivaris", "archivaris"]);
}

#[test]
fn accepted_deliveries_are_cleared_when_a_setting_says_so() {
    let mut world = World::new();
    world.put("portal/users/2022-01.csv", users(0, 3)).put("portal/users/x.csv", "x");
    assert_eq!(world.run().cleared, 0);
    world.settings.clear_after_days = Some(0);
    assert_eq!(world.run().cleared, 0);
    world.settings.clear_after_days = Some(1);
    assert_eq!(world.run().cleared, 0);
    assert_eq!(world.rows("staged/portal_users", &["_row"]).len(), 3);
}
