//! Names of things that the marts know by a code, as readers know them.

use crate::format::number;

/// The name of a dataset, as `portal/events`; its code where it has none.
///
/// ```
/// use peil_reports::words::dataset;
/// assert_eq!(dataset("lb365/participants"), "Deelnemers aan LB365");
/// ```
pub fn dataset(code: &str) -> &str {
    match code {
        "portal/users" => "Gebruikers van het portaal",
        "portal/events" => "Gebruik van het portaal",
        "portal/plates" => "Gepersonaliseerde platen",
        "portal/data_ownership" => "Data-eigenaarschap",
        "portal/documents" => "Bestandsbibliotheek",
        "portal/maturity" => "Maturiteitsmetingen",
        "portal/masterplans" => "ICT-masterplannen",
        "portal/tender_domains" => "Domeinen voor aankoopondersteuning",
        "portal/building_blocks" => "Gebruik van Vlaamse bouwstenen",
        "catalogue/suppliers" => "Leveranciers",
        "catalogue/solutions" => "Oplossingen",
        "catalogue/standards" => "Standaarden",
        "catalogue/couplings" => "Koppelingen",
        "catalogue/portfolio" => "Oplossingen van besturen",
        "catalogue/ratings" => "Waarderingen",
        "security/members" => "Leden van het veiligheidsplatform",
        "security/activity" => "Gebruik van het veiligheidsplatform",
        "security/plans" => "Veiligheidsplannen",
        "security/actions" => "Actiepunten van veiligheidsplannen",
        "security/gdpr_scores" => "GDPR-scores",
        "security/qrc_subscribers" => "Abonnees op waarschuwingen (QRC)",
        "security/qrc_sources" => "Bronnen van waarschuwingen (QRC)",
        "lb365/participants" => "Deelnemers aan LB365",
        "lb365/connections" => "Aansluitingen op bouwstenen",
        "lb365/modules" => "Modules van LB365",
        "lb365/third_party" => "Koppelingen van derden op de LB-bus",
        "lb365/bus_messages" => "Berichten op de LB-bus",
        "register/activities" => "Activiteiten",
        "register/milestones" => "Stand van de mijlpalen",
        "finance/bookings" => "Boekingen",
        "finance/budgets" => "Budgetten",
        "reference/authorities" => "Lokale besturen",
        "reference/aliases" => "Andere namen van besturen",
        "reference/targets" => "Doelen",
        other => other,
    }
}

/// What a rule for attention points is about.
pub fn rule(code: &str) -> &str {
    match code {
        "indicator_missed" => "Doel niet bereikt",
        "indicator_at_risk" => "Doel bijna bereikt",
        "indicator_falling" => "Twee kwartalen dalend",
        "module_use_down" => "Minder gebruik dan een jaar eerder",
        "forecast_above_budget" => "Prognose boven het budget",
        "low_satisfaction" => "Lage waardering",
        "only_coupling_ended" => "Enige koppeling beëindigd",
        "building_block_behind" => "Bouwsteen onder de helft van het jaardoel",
        "stale_dataset" => "Levering te laat",
        "rejected_rows" => "Afgekeurde rijen",
        "unresolved_authorities" => "Onbekende besturen",
        other => other,
    }
}

/// How serious a point is.
pub fn severity(code: &str) -> &str {
    match code {
        "high" => "hoog",
        "medium" => "midden",
        "low" => "laag",
        other => other,
    }
}

/// How an indicator is counted.
pub fn kind(code: &str) -> &str {
    match code {
        "stock" => "stand op de peildatum",
        "cumulative" => "totaal sinds de start",
        "flow" => "aantal binnen de periode",
        "distinct" => "unieke binnen de periode",
        "rolling" => "unieke in de laatste twaalf maanden",
        "monthly_active" => "gemiddelde van de maanden",
        "average" => "gemiddelde van de laatste metingen",
        "milestone" => "mijlpaal",
        other => other,
    }
}

/// A number of rows, in words: `1 rij`, `12 rijen`.
pub fn rows(count: usize) -> String {
    format!("{} {}", number(count as f64, 0), unit(count as f64, "rijen"))
}

/// The unit of a value: of one it is the singular.
pub fn unit(value: f64, plural: &str) -> &str {
    if value != 1.0 {
        return plural;
    }
    match plural {
        "rijen" => "rij",
        "besturen" => "bestuur",
        "leden" => "lid",
        "gebruikers" => "gebruiker",
        "gebruikers per maand" => "gebruiker per maand",
        "opleidingen" => "opleiding",
        "koppelingen" => "koppeling",
        "communicaties" => "communicatie",
        "workshops" => "workshop",
        "werkgroepen" => "werkgroep",
        "waarderingen" => "waardering",
        "standaarden" => "standaard",
        "platen" => "plaat",
        "plannen" => "plan",
        "overlegmomenten" => "overlegmoment",
        "oplossingen" => "oplossing",
        "metingen" => "meting",
        "leveranciers" => "leverancier",
        "domeinen" => "domein",
        "documenten" => "document",
        "demonstraties" => "demonstratie",
        "bronnen" => "bron",
        "actiepunten" => "actiepunt",
        "abonnees" => "abonnee",
        // A unit that staff add, or one that has no singular.
        other => other,
    }
}

/// Why a row was rejected.
pub fn reason(code: &str) -> &str {
    match code {
        "missing_value" => "verplichte waarde ontbreekt",
        "bad_date" => "geen geldige datum",
        "bad_timestamp" => "geen geldig tijdstip",
        "bad_number" => "geen geldig getal",
        "bad_period" => "geen geldige periode",
        "not_allowed" => "waarde is niet toegelaten",
        "out_of_range" => "waarde buiten de grenzen",
        "bad_json" => "onleesbare JSON",
        "wrong_column_count" => "verkeerd aantal kolommen",
        "bad_order" => "einde voor het begin",
        "bad_checksum" => "controlegetal klopt niet",
        other => other,
    }
}
