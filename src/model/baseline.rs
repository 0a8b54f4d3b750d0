//! The model every installation starts with (出厂模型), made from simulated complaints by `make baseline`.

use super::artefact::{Artefact, ArtefactError};

/// The embedded baseline, verified. One made for another feature table is refused like any model; the program goes
/// on without it, or `make baseline` could never make the next one.
pub fn baseline() -> Result<Artefact, ArtefactError> {
    Artefact::parse(include_str!("../../models/baseline.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::artefact::Source;
    use crate::model::card::card;

    #[test]
    fn the_embedded_baseline_fits_this_binary_and_says_what_it_is() {
        let baseline = baseline().expect("run `make baseline` after a change of the feature table");
        assert_eq!(baseline.source, Source::Simulated);
        let json = format!("{}\n", baseline.to_json().unwrap());
        assert!(json == include_str!("../../models/baseline.json"), "not as written: run `make baseline`");
        let card = card(&baseline).unwrap();
        assert!(
            card == include_str!("../../models/baseline.md"),
            "not this model's card: run `make baseline`"
        );
    }
}
