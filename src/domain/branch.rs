//! A shop's name that several shops may have (分店): the branch is told behind it.

/// What shops end with that have branches.
const SHOPS: [&str; 8] = ["超市", "便利店", "药房", "药店", "商店", "母婴", "电动车", "百货"];

/// Whether a name is a shop's, of which there may be several.
pub fn is_shop(name: &str) -> bool {
    SHOPS.iter().any(|word| name.ends_with(word))
}

/// Whether a shop's name goes on as that of a branch: 某某超市江南店.
pub fn is_branch(after: &str) -> bool {
    const MOST: usize = 10;
    let name: String = after.chars().take_while(|c| c.is_alphabetic()).take(MOST).collect();
    name.chars().count() > 1 && name.contains('店')
}
