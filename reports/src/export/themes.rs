//! The marts as datasets for a catalogue: in Dutch, several tables to each.

/// A dataset of the catalogue.
#[derive(Debug)]
pub(super) struct Theme {
    /// Part of its address.
    pub id: &'static str,
    /// Its title, in Dutch.
    pub title: &'static str,
    /// What it holds, in Dutch.
    pub description: &'static str,
    /// Words to find it by.
    pub keywords: &'static [&'static str],
    /// Themes of data.europa.eu.
    pub themes: &'static [&'static str],
    /// How often it gets new periods, as data.europa.eu calls it.
    pub frequency: &'static str,
    /// Its marts.
    pub tables: &'static [&'static str],
}

/// What is not named by any other theme.
pub(super) const OTHER: Theme = Theme {
    id: "overige",
    title: "Peil: overige tabellen",
    description: "Andere gepubliceerde tabellen van Peil over de lokaal-digitale programma's van V-ICT-OR.",
    keywords: &["lokale besturen"],
    themes: &["GOVE"],
    frequency: "QUARTERLY",
    tables: &[],
};

/// The datasets in order.
pub(super) const THEMES: [Theme; 7] = [
    Theme {
        id: "indicatoren",
        title: "Peil: indicatoren van de lokaal-digitale programma's",
        description: "Gerealiseerde waarden en streefwaarden van de indicatoren van VlaVirGem, de Oplossingscatalogus, \
            Informatieveiligheid en LB365, per kwartaal, semester en jaar, ook per bestuur, met mijlpalen en aandachtspunten.",
        keywords: &["indicatoren", "streefwaarden", "mijlpalen", "lokale besturen"],
        themes: &["GOVE", "TECH"],
        frequency: "QUARTERLY",
        tables: &[
            "attention_points",
            "indicator_by_authority",
            "indicator_table",
            "indicator_values",
            "indicators",
            "milestones",
        ],
    },
    Theme {
        id: "portaalgebruik",
        title: "Peil: gebruik van het VlaVirGem-portaal",
        description: "Besturen, gebruikers en handelingen per onderdeel van het portaal en per kwartaal.",
        keywords: &["portaal", "gebruik", "VlaVirGem"],
        themes: &["GOVE", "TECH"],
        frequency: "QUARTERLY",
        tables: &["portal_usage", "portal_usage_by_authority"],
    },
    Theme {
        id: "bouwstenen",
        title: "Peil: gebruik van Vlaamse bouwstenen",
        description: "Welke lokale besturen welke Vlaamse bouwstenen gebruiken of aangesloten hebben, per kwartaal.",
        keywords: &["bouwstenen", "lokale besturen"],
        themes: &["GOVE", "TECH"],
        frequency: "QUARTERLY",
        tables: &["building_block_use", "lb365_adoption"],
    },
    Theme {
        id: "maturiteit",
        title: "Peil: ICT-maturiteit en benchmark van lokale besturen",
        description: "Scores van de maturiteitsmeting per bestuur en hoofdstuk, en de verdeling van opgegeven cijfers \
            over vergelijkbare besturen.",
        keywords: &["maturiteit", "benchmark", "ICT"],
        themes: &["GOVE", "TECH"],
        frequency: "QUARTERLY",
        tables: &["benchmark", "maturity_distribution", "maturity_scores"],
    },
    Theme {
        id: "oplossingen",
        title: "Peil: softwareoplossingen voor lokale besturen",
        description: "Gebruik van en tevredenheid met oplossingen, aanbod van leveranciers, koppelingen, standaarden en \
            dekking van referentiecomponenten.",
        keywords: &["software", "leveranciers", "koppelingen", "standaarden", "tevredenheid"],
        themes: &["GOVE", "TECH"],
        frequency: "QUARTERLY",
        tables: &[
            "authority_portfolio",
            "component_coverage",
            "couplings",
            "solution_satisfaction",
            "solution_usage",
            "standards_support",
            "supplier_offer",
        ],
    },
    Theme {
        id: "lb365",
        title: "Peil: proeftuin LB365",
        description: "Modules in traject en in gebruik, en het verkeer op de LB-bus per dienst, partner en bestuur.",
        keywords: &["LB365", "servicebus", "modules"],
        themes: &["GOVE", "TECH"],
        frequency: "MONTHLY",
        tables: &["bus_traffic", "bus_traffic_by_authority", "lb365_modules", "lb365_modules_by_authority"],
    },
    Theme {
        id: "middelen",
        title: "Peil: middelen van de programma's",
        description: "Kosten per product en kostensoort, gerealiseerd en geraamd, naast het budget van het jaar.",
        keywords: &["kosten", "budget"],
        themes: &["ECON", "GOVE"],
        frequency: "ANNUAL",
        tables: &["budget", "costs"],
    },
];
