//! The bundled font, as the page embeds it.

use serde::Serialize;

static REGULAR: &[u8] = include_bytes!("../../fonts/Inter-Regular.woff2");
static SEMI_BOLD: &[u8] = include_bytes!("../../fonts/Inter-SemiBold.woff2");

/// The font files in Base64.
#[derive(Debug, Serialize)]
pub(super) struct Fonts {
    regular: String,
    semi_bold: String,
}

impl Fonts {
    pub(super) fn new() -> Self {
        Self { regular: base64(REGULAR), semi_bold: base64(SEMI_BOLD) }
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().enumerate().fold(0_u32, |bits, (index, byte)| bits | u32::from(*byte) << (16 - 8 * index));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_pads_to_fours() {
        let texts = ["", "f", "fo", "foo", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYmFy"]);
    }
}
