//! One person's record on a lawful request (查阅、复制本人信息): who asks, on which request, and what is answered.

use serde::{Deserialize, Serialize};

use super::handling::listed;
use super::person::{Complainant, Phone, ResidentId};
use super::plain::plain;
use super::text::Line;

listed!(
    /// By which right a person is given what is held on him (PIPL Art. 45).
    Right {
        /// To look at it.
        Look = 1, "查阅";
        /// To have a copy.
        Copy = 2, "复制";
    }
);

/// That a person's record was given out: on which request, by which right. Whose it was, the looks say that stand beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// The bureau's number of the request (申请编号).
    pub request: Line,
    /// By which right.
    pub right: Right,
}

/// Who asks for his own record, as he has proved it.
#[derive(Debug, Clone)]
pub struct Person {
    /// 姓名
    pub name: Line,
    /// 联系电话
    pub phones: Vec<Phone>,
    /// 证件号码
    pub resident_id: Option<ResidentId>,
}

impl Person {
    /// Whether a sender is this person, as far as both say: by the document where both have one, else by the name with a telephone. One
    /// telephone may be several people's.
    pub fn is(&self, sender: &Complainant) -> bool {
        if let (Some(mine), Some(theirs)) = (&self.resident_id, sender.resident_id.known()) {
            return mine == theirs;
        }
        let named = sender.name.known().is_some_and(|name| plain(name.as_str()) == plain(self.name.as_str()));
        let phones =
            sender.phone.known().into_iter().chain(sender.other_phones.known().into_iter().flatten());
        named && phones.into_iter().any(|phone| self.phones.contains(phone))
    }
}
