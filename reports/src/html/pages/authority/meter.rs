//! A bar beside a figure, with the peers as a line: a small picture of what
//! the table says.

/// `own` and `peers` on a scale from 0 to `whole`.
pub(super) fn meter(own: f64, peers: Option<f64>, whole: f64) -> String {
    let part = |value: f64| if whole > 0.0 { (value / whole * 100.0).clamp(0.0, 100.0) } else { 0.0 };
    let line = peers.map_or_else(String::new, |peers| format!("<u style=\"left:{:.1}%\"></u>", part(peers)));
    format!("<span class=\"meter\" aria-hidden=\"true\"><i style=\"width:{:.1}%\"></i>{line}</span>", part(own))
}

#[cfg(test)]
mod tests {
    use super::meter;

    #[test]
    fn a_meter_stays_within_its_scale() {
        assert!(meter(6.0, Some(2.5), 5.0).contains("width:100.0%\"></i><u style=\"left:50.0%"));
        assert!(meter(1.0, None, 0.0).contains("width:0.0%"));
    }
}
