//! Which authority uses which Flemish building block.

use std::collections::{BTreeMap, BTreeSet};

use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Period, Result};

use super::Moments;
use super::authorities::{Authorities, Authority};
use super::table::{Kind, Table};

/// How far an authority is with a building block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockState {
    /// It does not use it.
    NotUsed,
    /// It plans to.
    Planned,
    /// It is being put in place.
    Implementing,
    /// It is in use.
    InUse,
}

impl BlockState {
    /// From none to use.
    pub const ALL: [Self; 4] = [Self::NotUsed, Self::Planned, Self::Implementing, Self::InUse];

    /// As readers see it, and as the mart writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotUsed => "niet",
            Self::Planned => "gepland",
            Self::Implementing => "in implementatie",
            Self::InUse => "in gebruik",
        }
    }

    fn parse(word: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word).ok_or_else(|| {
            let known = Self::ALL.map(Self::word).join(", ");
            Error::usage(format!("the mart `building_block_use` has the status `{word}`; a report knows {known}"))
        })
    }
}

/// The building blocks of an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityBlocks {
    /// The authority.
    pub authority: Authority,
    /// Its state with each block, in their order; none where it says nothing.
    pub states: Vec<Option<BlockState>>,
}

impl AuthorityBlocks {
    /// How many blocks it has in a state.
    pub fn count(&self, state: BlockState) -> usize {
        self.states.iter().filter(|one| **one == Some(state)).count()
    }
}

/// A building block, over all authorities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildingBlock {
    /// Its name.
    pub name: String,
    /// Authorities that use it.
    pub in_use: usize,
    /// Authorities that put it in place.
    pub implementing: usize,
    /// Authorities that plan it.
    pub planned: usize,
    /// Authorities that used it at the end of the period before.
    pub in_use_before: Option<usize>,
    /// Names of the authorities that use it and existed and did not use it
    /// then, in order.
    pub joined: Vec<String>,
}

/// Use of the building blocks on the peildatum.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuildingBlocks {
    /// The blocks, the most used first.
    pub blocks: Vec<BuildingBlock>,
    /// Every authority of the quarter, by name.
    pub authorities: Vec<AuthorityBlocks>,
    /// Whether anything is known of the end of the period before.
    pub known_before: bool,
}

/// State of each authority with each block, by block and NIS code.
type States = BTreeMap<String, BTreeMap<String, BlockState>>;

impl BuildingBlocks {
    pub(super) async fn read(
        storage: &Storage,
        published: &Published,
        moments: &Moments,
        authorities: &Authorities,
    ) -> Result<Self> {
        let columns =
            [("period", Kind::Text), ("nis_code", Kind::Text), ("building_block", Kind::Text), ("status", Kind::Text)];
        let table = Table::read(storage, published, "building_block_use", &columns, &[]).await?;
        let mut by_quarter: BTreeMap<Period, States> = BTreeMap::new();
        for row in table.rows() {
            let period = table.period("period", row)?;
            if period == moments.quarter || period == moments.before {
                let state = BlockState::parse(&table.required("status", row)?)?;
                let states = by_quarter.entry(period).or_default();
                let of_block = states.entry(table.required("building_block", row)?).or_default();
                of_block.insert(table.required("nis_code", row)?, state);
            }
        }
        let now = by_quarter.remove(&moments.quarter).unwrap_or_default();
        let before = by_quarter.remove(&moments.before);
        let mut blocks: Vec<BuildingBlock> =
            now.iter().map(|(name, states)| block(name, states, before.as_ref(), authorities)).collect();
        blocks.sort_by(|one, other| (other.in_use, &one.name).cmp(&(one.in_use, &other.name)));
        let of_authority = |authority: &Authority| AuthorityBlocks {
            states: blocks.iter().map(|block| now.get(&block.name)?.get(&authority.nis).copied()).collect(),
            authority: authority.clone(),
        };
        let rows = if blocks.is_empty() { Vec::new() } else { authorities.all.iter().map(of_authority).collect() };
        Ok(Self { authorities: rows, blocks, known_before: before.is_some() })
    }

    /// How many of the municipalities of a province use a block: how many do,
    /// and how many there are.
    pub fn in_province(&self, province: &str, block: usize) -> (usize, usize) {
        let of =
            || self.authorities.iter().filter(|row| row.authority.municipality && row.authority.province == province);
        (of().filter(|row| row.states[block] == Some(BlockState::InUse)).count(), of().count())
    }

    /// Authorities that use at least one block.
    pub fn users(&self) -> usize {
        self.authorities.iter().filter(|row| row.count(BlockState::InUse) > 0).count()
    }

    /// How often a block is in use, over all blocks and authorities.
    pub fn uses(&self) -> usize {
        self.blocks.iter().map(|block| block.in_use).sum()
    }

    /// How many authorities joined any block.
    pub fn joined_authorities(&self) -> usize {
        self.blocks.iter().flat_map(|block| &block.joined).collect::<BTreeSet<_>>().len()
    }
}

fn block(
    name: &str,
    states: &BTreeMap<String, BlockState>,
    before: Option<&States>,
    authorities: &Authorities,
) -> BuildingBlock {
    let count = |state| states.values().filter(|one| **one == state).count();
    let former = before.map(|before| before.get(name));
    let used_before = |nis: &str| {
        former.flatten().and_then(|states| states.get(nis)).is_some_and(|state| *state == BlockState::InUse)
    };
    // Of an authority that came out of a merger nothing is known before: it did not join.
    let joined = authorities
        .all
        .iter()
        .filter(|authority| authority.existed_before && former.is_some())
        .filter(|authority| states.get(&authority.nis) == Some(&BlockState::InUse) && !used_before(&authority.nis))
        .map(|authority| authority.name.clone())
        .collect();
    BuildingBlock {
        name: name.to_owned(),
        in_use: count(BlockState::InUse),
        implementing: count(BlockState::Implementing),
        planned: count(BlockState::Planned),
        in_use_before: former.map(|states| {
            states.map_or(0, |states| states.values().filter(|state| **state == BlockState::InUse).count())
        }),
        joined,
    }
}
