//! Which waiting files could go to another competent unit, so that the most loaded unit has less (均衡建议). A proposal: a
//! person confirms each move, or does not.

use crate::domain::ids::{FileId, Track, UnitId};

use super::load::{LoadBasis, Loads};
use super::roster::OnDuty;

/// A file that waits and that nobody has on lease, with who may handle it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movable {
    /// The file.
    pub file: FileId,
    /// Where it waits.
    pub unit: UnitId,
    /// Its expected effort, in centiunits.
    pub centiunits: i64,
    /// Competent units that could take it now, its own left out.
    pub others: Vec<UnitId>,
}

/// A move that is proposed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Move {
    /// The file.
    pub file: FileId,
    /// From where.
    pub from: UnitId,
    /// Where to.
    pub to: UnitId,
    /// Open work per officer on duty before and after, at both units, in centiunits.
    pub from_load: (i64, i64),
    /// As `from_load`, of the unit that would get it.
    pub to_load: (i64, i64),
}

/// Moves that each lower the higher load of the two units they touch, the best first, at most `most`. A file is moved
/// once; `files` come in the order in which they would be given up, the least urgent first.
pub fn rebalance(
    files: &[Movable],
    loads: &Loads,
    basis: &LoadBasis,
    on_duty: &OnDuty,
    most: usize,
) -> Vec<Move> {
    let mut loads = loads.clone();
    let mut left: Vec<&Movable> = files.iter().collect();
    let mut moves = Vec::new();
    while moves.len() < most {
        let best = left
            .iter()
            .enumerate()
            .filter_map(|(at, movable)| Some((at, best_move(movable, &loads, basis, on_duty)?)))
            .max_by_key(|(at, found)| {
                (found.from_load.0 - found.from_load.1.max(found.to_load.1), std::cmp::Reverse(*at))
            });
        let Some((at, found)) = best else { break };
        let movable = left.remove(at);
        let track = movable.file.track;
        loads.add(&found.from, track, -movable.centiunits);
        loads.add(&found.to, track, movable.centiunits);
        moves.push(found);
    }
    moves
}

/// The move of one file to the unit that would be least loaded by it, if the higher load of both falls.
fn best_move(movable: &Movable, loads: &Loads, basis: &LoadBasis, on_duty: &OnDuty) -> Option<Move> {
    let track = movable.file.track;
    let load = |unit: &UnitId, more: i64| per_officer(loads, basis, on_duty, unit, track, more);
    let from_load = (load(&movable.unit, 0), load(&movable.unit, -movable.centiunits));
    let others = movable.others.iter().filter(|unit| on_duty.centiofficers(unit) > 0);
    let to = others.min_by_key(|unit| load(unit, movable.centiunits))?;
    let to_load = (load(to, 0), load(to, movable.centiunits));
    (to_load.1 < from_load.0).then(|| Move {
        file: movable.file,
        from: movable.unit.clone(),
        to: to.clone(),
        from_load,
        to_load,
    })
}

/// Open work per officer on duty, in centiunits. Where nobody is on duty it is as much as can be.
fn per_officer(
    loads: &Loads,
    basis: &LoadBasis,
    on_duty: &OnDuty,
    unit: &UnitId,
    track: Track,
    more: i64,
) -> i64 {
    let open = basis.load(loads, unit, track).saturating_add(more);
    match on_duty.centiofficers(unit) {
        0 => i64::MAX / 4,
        officers => open.saturating_mul(100) / officers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Sequence;
    use crate::routing::tests::{day, loads, small};

    fn movable(submission: i64, unit: &str, others: &[&str]) -> Movable {
        let id = |text: &&str| UnitId::parse(text).unwrap();
        Movable {
            file: FileId { submission: Sequence(submission), track: Track::Complaint },
            unit: id(&unit),
            centiunits: 100,
            others: others.iter().map(id).collect(),
        }
    }

    #[test]
    fn moves_lower_the_higher_load_and_stop_when_none_does() {
        let bureau = small();
        let on_duty = OnDuty::over(&bureau, &[day("2026-05-20")]);
        // Unit a has two officers, b one; nobody is at `empty`.
        let open = loads(&[("a", Track::Complaint, 1_000), ("b", Track::Complaint, 100)]);
        let files: Vec<Movable> = (1..=10).map(|at| movable(at, "a", &["b", "empty"])).collect();
        let moves = rebalance(&files, &open, &LoadBasis::LAWFUL, &on_duty, 50);
        let to: Vec<&str> = moves.iter().map(|one| one.to.as_str()).collect();
        assert_eq!(to, ["b", "b"], "500 against 100 an officer, 450 against 200, 400 against 300");
        assert_eq!(
            (moves[0].file.submission.0, moves[0].from_load, moves[0].to_load),
            (1, (500, 450), (100, 200))
        );
        assert_eq!(rebalance(&files, &open, &LoadBasis::LAWFUL, &on_duty, 1).len(), 1);
        assert!(rebalance(&[movable(1, "a", &[])], &open, &LoadBasis::LAWFUL, &on_duty, 9).is_empty());
    }
}
