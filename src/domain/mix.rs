//! Numbers spread over all bits, the same on every machine: what is drawn by them can be drawn again.

/// The step of [`mixed`]'s sequence: 2^64 divided by the golden ratio, made odd.
pub const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A number with the bits of another spread over all of its own (`SplitMix64`, Steele et al. 2014). Of numbers that are a
/// [`STEP`] apart it gives that generator's sequence.
pub const fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(STEP);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the published generator, seed 0.
    #[test]
    fn the_sequence_is_the_published_one() {
        let sequence = [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f];
        let steps = (0..).map(|nth: u64| mixed(nth.wrapping_mul(STEP)));
        assert!(steps.take(3).eq(sequence));
    }
}
