//! Danger to life and health (危险情形): words in what was told raise a flag, a person confirms it or does not. Never from a score.

use serde::{Deserialize, Serialize};

use super::handling::listed;

listed!(
    /// What the danger is.
    DangerKind {
        /// People have fallen ill from what they ate or drank.
        Poisoning = 1, "食物中毒等急性健康损害";
        /// People are injured or have died.
        Injury = 2, "人身伤害";
        /// Gas leaks.
        Gas = 3, "燃气安全";
        /// Something burns or has exploded.
        Fire = 4, "起火爆炸";
        /// Lifts and other special equipment.
        Lift = 5, "电梯等特种设备安全";
        /// Infants, children, pregnant women.
        Infant = 6, "婴幼儿、儿童、孕妇健康";
        /// Drugs, injections, devices.
        Drug = 7, "药品、医疗器械安全";
        /// Anything else that an officer sees.
        Other = 8, "其他危险";
    }
);

/// Something in what was told that speaks of a danger (危险提示), with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Danger {
    /// What.
    pub kind: DangerKind,
    /// The words that were found, as they stand in the normal form of the text.
    pub words: Vec<String>,
}
