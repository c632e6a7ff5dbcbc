//! The borders of the municipalities, from the bundled TopoJSON: arcs that
//! neighbours share, so that they stay neighbours when the arcs are simplified.

use std::sync::OnceLock;

use peil_warehouse::{Error, Result};
use serde::Deserialize;

static FROM_2019: &str = include_str!("../../../borders/municipalities_2019.topojson");
static FROM_2025: &str = include_str!("../../../borders/municipalities_2025.topojson");

/// The middle of Flanders, whose parallel sets the width of a degree.
const LATITUDE: f64 = 51.05;
/// What a simplified border may differ from the true one, in pixels.
const TOLERANCE: f64 = 0.35;

/// Indexes of the arcs of a ring; `!index` where it is walked backward.
pub(super) type Ring = Vec<i32>;

/// Municipalities and provinces, by shared arcs.
pub(super) struct Borders {
    /// Arcs as points to the east and the south, in degrees of latitude.
    arcs: Vec<Vec<(f64, f64)>>,
    /// NIS code and rings.
    pub municipalities: Vec<(String, Vec<Ring>)>,
    /// How many municipalities and how many provinces have the arc.
    pub uses: Vec<(usize, usize)>,
}

/// Borders on a drawing.
pub(super) struct Drawn {
    /// The simplified arcs, in pixels.
    pub arcs: Vec<Vec<(f64, f64)>>,
    /// Lower side.
    pub bottom: f64,
}

#[derive(Deserialize)]
struct Topology {
    arcs: Vec<Vec<(f64, f64)>>,
    transform: Transform,
    objects: Objects,
}

#[derive(Deserialize)]
struct Transform {
    scale: (f64, f64),
    translate: (f64, f64),
}

#[derive(Deserialize)]
struct Objects {
    municipalities: Layer,
    provinces: Layer,
}

#[derive(Deserialize)]
struct Layer {
    geometries: Vec<Shape>,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Shape {
    Polygon { arcs: Vec<Ring>, properties: Properties },
    MultiPolygon { arcs: Vec<Vec<Ring>>, properties: Properties },
}

#[derive(Deserialize)]
struct Properties {
    #[serde(default)]
    nis: String,
}

/// The borders of a year: those of 2019 up to 2024, those of 2025 after.
pub(super) fn borders(year: i32) -> Result<&'static Borders> {
    static READ: [OnceLock<std::result::Result<Borders, String>>; 2] = [OnceLock::new(), OnceLock::new()];
    let (place, text) = if year < 2025 { (&READ[0], FROM_2019) } else { (&READ[1], FROM_2025) };
    place
        .get_or_init(|| read(text).map_err(|error| error.to_string()))
        .as_ref()
        .map_err(|error| Error::internal(format!("the bundled borders: {error}")))
}

fn read(text: &str) -> serde_json::Result<Borders> {
    let topology: Topology = serde_json::from_str(text)?;
    let Transform { scale, translate } = topology.transform;
    let narrower = LATITUDE.to_radians().cos();
    let arcs: Vec<Vec<(f64, f64)>> = topology
        .arcs
        .iter()
        .map(|arc| {
            let mut at = (0.0, 0.0);
            arc.iter()
                .map(|step| {
                    at = (at.0 + step.0, at.1 + step.1);
                    ((at.0 * scale.0 + translate.0) * narrower, -(at.1 * scale.1 + translate.1))
                })
                .collect()
        })
        .collect();
    let mut uses = vec![(0, 0); arcs.len()];
    let index = |arc: i32| if arc < 0 { !arc } else { arc } as usize;
    for arc in topology.objects.provinces.geometries.iter().flat_map(Shape::rings).flatten() {
        uses[index(*arc)].1 += 1;
    }
    let mut municipalities = Vec::new();
    for shape in &topology.objects.municipalities.geometries {
        let rings: Vec<Ring> = shape.rings().cloned().collect();
        for arc in rings.iter().flatten() {
            uses[index(*arc)].0 += 1;
        }
        municipalities.push((shape.nis().to_owned(), rings));
    }
    Ok(Borders { arcs, municipalities, uses })
}

impl Shape {
    fn rings(&self) -> Box<dyn Iterator<Item = &Ring> + '_> {
        match self {
            Self::Polygon { arcs, .. } => Box::new(arcs.iter()),
            Self::MultiPolygon { arcs, .. } => Box::new(arcs.iter().flatten()),
        }
    }

    fn nis(&self) -> &str {
        match self {
            Self::Polygon { properties, .. } | Self::MultiPolygon { properties, .. } => &properties.nis,
        }
    }
}

impl Borders {
    /// The borders over `width` pixels.
    pub(super) fn fitted(&self, left: f64, top: f64, width: f64) -> Drawn {
        let points = || self.arcs.iter().flatten();
        let (west, east) =
            points().fold((f64::MAX, f64::MIN), |(west, east), point| (west.min(point.0), east.max(point.0)));
        let (north, south) =
            points().fold((f64::MAX, f64::MIN), |(north, south), point| (north.min(point.1), south.max(point.1)));
        let unit = width / (east - west);
        let place = |point: &(f64, f64)| (left + (point.0 - west) * unit, top + (point.1 - north) * unit);
        let arcs = self.arcs.iter().map(|arc| simplified(&arc.iter().map(place).collect::<Vec<_>>())).collect();
        Drawn { arcs, bottom: top + (south - north) * unit }
    }
}

impl Drawn {
    /// The points of a ring, each once.
    pub(super) fn ring(&self, ring: &Ring) -> Vec<(f64, f64)> {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for arc in ring {
            points.pop();
            if *arc < 0 {
                points.extend(self.arcs[!*arc as usize].iter().rev());
            } else {
                points.extend(&self.arcs[*arc as usize]);
            }
        }
        points.pop();
        points
    }
}

/// The points of a line without which it would differ by more than the
/// tolerance (Douglas and Peucker).
fn simplified(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept = vec![false; points.len()];
    let Some(last) = points.len().checked_sub(1) else { return Vec::new() };
    (kept[0], kept[last]) = (true, true);
    let mut parts = vec![(0, last)];
    while let Some((from, to)) = parts.pop() {
        let farthest = (from + 1..to).map(|index| (index, distance(points[index], points[from], points[to])));
        let farthest = farthest.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)));
        if let Some((index, _)) = farthest.filter(|farthest| farthest.1 > TOLERANCE) {
            kept[index] = true;
            parts.extend([(from, index), (index, to)]);
        }
    }
    points.iter().zip(kept).filter(|(_, kept)| *kept).map(|(point, _)| *point).collect()
}

/// Of a point to a piece of a line.
fn distance(point: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (right, down) = (to.0 - from.0, to.1 - from.1);
    let length = right * right + down * down;
    let along = if length > 0.0 {
        (((point.0 - from.0) * right + (point.1 - from.1) * down) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (point.0 - from.0 - along * right).hypot(point.1 - from.1 - along * down)
}
