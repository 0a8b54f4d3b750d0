//! Identity keys (标识密钥): by each of them key hashes, search keys and the shingles of texts are made. One is in use in a bureau; another
//! takes its place by `triage keys rekey` alone, once all that was made by the one before is made again.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::{Identity, IdentityError, derived, halve, mac};
use crate::domain::evidence::{IdentityKey, Relay};
use crate::domain::given::{Fact, Given, Rule};
use crate::domain::ids::{HashKeyId, Track};
use crate::domain::no_address::{is_street_alone, tells_of_places};
use crate::domain::person::{self, Complainant, Phone, ResidentId};
use crate::domain::plain::plain;
use crate::domain::respondent::{self, Respondent, short_name};
use crate::domain::submission::{self, Part, Submission};
use crate::domain::text::{Address, Line};
use crate::domain::time::Day;
use crate::features::history::{KeyHash, KeyHashes, Keys, Matter, PLACES};
use crate::features::template::{Seeds, Shingles};
use crate::features::{Signals, matter};

/// One identity key.
pub(crate) struct HashKey {
    id: HashKeyId,
    mac: Hmac<Sha256>,
    seeds: Seeds,
    fingerprint: [u8; 8],
}

impl std::fmt::Debug for HashKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HashKey({})", self.id)
    }
}

/// The identity keys, by their numbers.
pub(super) type HashKeys = BTreeMap<HashKeyId, Arc<HashKey>>;

/// Whether these may take the place of others that were read of the same file: none is gone, and none is another.
pub(super) fn may_follow(now: &HashKeys, before: &HashKeys) -> bool {
    before.iter().all(|(id, key)| now.get(id).is_some_and(|held| held.fingerprint == key.fingerprint))
}

impl HashKey {
    pub(super) fn new(id: HashKeyId, key: &[u8; 32]) -> Result<Self, IdentityError> {
        let seeds = derived(key, "triage template v1")?;
        let seed = |at: usize| seeds[at..at + 8].iter().fold(0, |seed, byte| seed << 8 | u64::from(*byte));
        let mut fingerprint = [0u8; 8];
        fingerprint.copy_from_slice(&derived(key, "triage hash fingerprint v1")?[..8]);
        Ok(Self { id, mac: mac(key, "triage mark v1")?, seeds: Seeds(seed(0), seed(8)), fingerprint })
    }

    /// Its number.
    pub(crate) fn id(&self) -> HashKeyId {
        self.id
    }

    /// Identifies it without revealing it.
    pub(crate) fn fingerprint(&self) -> &[u8; 8] {
        &self.fingerprint
    }

    /// The key hashes of a submission's complaint. Masked and absent facts have none.
    pub(crate) fn key_hashes(&self, submission: &Submission) -> KeyHashes {
        let phone = as_read(&submission.complainant.phone, &person::PHONE);
        let part = submission.complaint.as_ref();
        let name = as_read(&submission.complainant.name, &person::NAME);
        let name = name.as_ref().map(|name| plain(name.as_str()));
        let product = part.and_then(|part| {
            as_read(&part.product, &submission::LINE)
                .or_else(|| as_read(&part.object_category, &submission::LINE))
        });
        let keys = self.keys(&submission.complainant);
        let signals = part.map(|part| Arc::new(Signals::of(part)));
        KeyHashes {
            public_line: phone.as_ref().is_some_and(Phone::is_public_line),
            name: name.as_ref().map(|name| self.key_hash("name", name).number()),
            person: self.person(&keys, name.as_deref()),
            keys,
            respondent: self.respondent(&submission.respondent),
            product: product.as_ref().map(|v| self.key_hash("product", &plain(v.as_str())).number()),
            matter: part
                .zip(signals.as_deref())
                .map(|(part, signals)| self.matter(part, signals, submission.received.at.day())),
            signals,
            ..KeyHashes::default()
        }
    }

    /// What a complaint received that day is about, whose words say this.
    pub(crate) fn matter(&self, part: &Part, signals: &Signals, received: Day) -> Matter {
        matter(part, signals, received).keyed(|name, word| self.key_hash(name, word).number())
    }

    /// The keys of a person, in the order of [`PLACES`].
    fn keys(&self, person: &Complainant) -> Keys {
        let Complainant { phone, resident_id, email, payment_account, .. } = person;
        let place = |address: &Given<Address>| {
            let address = as_read(address, &person::ADDRESS);
            // A sentence that many write word for word is nobody's address, and neither is a street.
            let is_door = |text: &str| !tells_of_places(text) && !is_street_alone(text);
            let address = address.filter(|address| is_door(address.as_str()));
            address.map(|v| self.key_hash("address", &one_order(&plain(v.as_str()))))
        };
        let home = place(&person.address);
        let first = std::iter::once(as_read(phone, &person::PHONE));
        let mut phones = first.chain(other_phones(person).map(Some)).map(|phone| {
            let own = phone.filter(|phone| !phone.is_public_line() && !phone.is_made_up());
            own.map(|phone| self.key_hash("phone", phone.digits()))
        });
        PLACES.map(|key| match key {
            IdentityKey::ResidentId => {
                let id = as_read(resident_id, &person::RESIDENT_ID);
                id.map(|v| self.key_hash("resident_id", v.text()))
            }
            IdentityKey::Phone => phones.next().flatten(),
            IdentityKey::Email => as_read(email, &person::EMAIL).map(|v| self.key_hash("email", v.text())),
            IdentityKey::PaymentAccount => {
                let account = as_read(payment_account, &person::PAYMENT_ACCOUNT);
                account.map(|v| self.key_hash("account", v.text()))
            }
            // One mark for both uses of an address: goods sent to where another complaint is written from.
            IdentityKey::DeliveryAddress => {
                place(&person.delivery_address).filter(|key_hash| Some(*key_hash) != home)
            }
            IdentityKey::Address => home,
        })
    }

    /// The mark of an operator: by name, else by credit code, else by premises.
    pub(crate) fn respondent(&self, respondent: &Respondent) -> Option<KeyHash> {
        respondent_text(respondent).map(|(label, text)| self.key_hash(label, &plain(&text)))
    }

    /// Who sent a submission, whichever its parts: with whom its files take turns. By document, else by contact and name.
    pub(crate) fn sender(&self, submission: &Submission) -> Option<i64> {
        let person = &submission.complainant;
        let name = as_read(&person.name, &person::NAME);
        let name = name.as_ref().map(|name| plain(name.as_str()));
        let keys = self.keys(person);
        self.person(&keys, name.as_deref())
    }

    /// A person to be counted: by document, which is one's own, else by contact and name, because a line may have
    /// many callers.
    fn person(&self, keys: &Keys, name: Option<&str>) -> Option<i64> {
        let [resident_id, contacts @ ..] = keys;
        let contact = contacts.iter().flatten().next();
        let contact =
            || contact.map(|key_hash| self.key_hash(&hex::encode(key_hash.0), name.unwrap_or_default()));
        resident_id.or_else(contact).map(KeyHash::number)
    }

    /// The shingles of a version's complaint text, with the names masked that the version itself gives: by these
    /// alone the same text makes the same shingles whenever it is opened again.
    pub(crate) fn shingles(&self, version: &Submission) -> Option<Shingles> {
        let text = version.complaint.as_ref()?.text.known()?;
        let names = [version.complainant.name.known(), version.respondent.name.known()];
        let names: Vec<&str> = names.into_iter().flatten().map(Line::as_str).collect();
        Shingles::of(text.as_str(), &names, self.seeds)
    }

    /// The mark of a phone or an address that the bureau file lists as a relay.
    pub(crate) fn relay(&self, relay: &Relay) -> KeyHash {
        match relay {
            Relay::Phone(phone) => self.key_hash("phone", phone.digits()),
            Relay::Address(address) => self.key_hash("address", &one_order(&plain(address.as_str()))),
        }
    }

    /// Search key of a phone.
    pub(crate) fn phone_key(&self, phone: &Phone) -> KeyHash {
        self.key_hash("search phone", phone.digits())
    }

    /// Search key of a document number.
    pub(crate) fn document_key(&self, id: &ResidentId) -> KeyHash {
        self.key_hash("search document", id.text())
    }

    /// Search keys of a submission's complainant, for each of its files.
    pub(crate) fn search_keys(&self, submission: &Submission) -> Vec<(KeyHash, Track)> {
        let person = &submission.complainant;
        let phones = as_read(&person.phone, &person::PHONE).into_iter().chain(other_phones(person));
        let mut keys: Vec<KeyHash> = phones.map(|phone| self.phone_key(&phone)).collect();
        keys.extend(as_read(&person.resident_id, &person::RESIDENT_ID).map(|id| self.document_key(&id)));
        submission.tracks().flat_map(|track| keys.iter().map(move |key| (*key, track))).collect()
    }

    pub(super) fn key_hash(&self, label: &str, text: &str) -> KeyHash {
        let mut mac = self.mac.clone();
        mac.update(label.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        KeyHash(halve(&mac.finalize().into_bytes()))
    }
}

impl Identity {
    /// The identity key of a number. One that is not known yet is looked for in the key file: another process may just have put it there.
    pub(crate) fn hash_key(&self, id: HashKeyId) -> Result<Arc<HashKey>, IdentityError> {
        if let Some(key) = self.hash_keys().get(&id) {
            return Ok(Arc::clone(key));
        }
        self.look_again()?;
        self.hash_keys().get(&id).map(Arc::clone).ok_or(IdentityError::NoHashKey(id))
    }

    /// The newest identity key of the key file: of a new bureau it is the first.
    pub(crate) fn newest_hash_key(&self) -> HashKeyId {
        self.hash_keys().last_key_value().map(|(id, _)| *id).unwrap_or_default()
    }

    /// Every identity key of the key file.
    pub(crate) fn hash_keys(&self) -> Arc<HashKeys> {
        self.sealing.hash_keys()
    }
}

/// An address with its district in front, where it was written behind in brackets: `钢铁大街1号(包头市昆都仑区)` is the same place
/// in another order.
fn one_order(address: &str) -> Cow<'_, str> {
    const MOST: usize = 3;
    let mut ordered = Cow::Borrowed(address);
    for _ in 0..MOST {
        let behind = ordered.strip_suffix(')').and_then(|address| address.rsplit_once('('));
        let Some((rest, district)) = behind else { break };
        let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        if rest.is_empty() || !district.ends_with(['省', '市', '区', '县', '旗']) {
            break;
        }
        ordered = Cow::Owned(format!("{district}{rest}"));
    }
    ordered
}

/// By name first, as people call it: half of the versions carry no credit code, and one shop must stay one shop.
fn respondent_text(respondent: &Respondent) -> Option<(&'static str, String)> {
    if let Some(name) = as_read(&respondent.name, &respondent::NAME) {
        return Some(("respondent name", short_name(&plain(name.as_str())).to_owned()));
    }
    if let Some(code) = as_read(&respondent.credit_code, &respondent::CREDIT_CODE) {
        return Some(("respondent code", code.text().to_owned()));
    }
    let premises = as_read(&respondent.premises, &respondent::PREMISES)?;
    Some(("respondent premises", plain(premises.as_str()).into_owned()))
}

/// A fact as it is read today. An earlier release may have kept as a value what says nothing, or written a number otherwise.
fn as_read<T: Fact>(given: &Given<T>, rule: &Rule<T>) -> Option<T> {
    let known = given.known()?;
    match rule.read(Some(&known.words())) {
        Ok(Given::Known(read)) => Some(read),
        Ok(_) => None,
        // A form that is taken no more still tells its own from others.
        Err(_) => Some(known.clone()),
    }
}

/// The telephones that a person gives beside the first, as they are read today.
fn other_phones(person: &Complainant) -> impl Iterator<Item = Phone> {
    let others = person.other_phones.known().into_iter().flatten();
    others.filter_map(|phone| as_read(&Given::Known(phone.clone()), &person::PHONE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_another_order_is_the_same_address() {
        let plain = "包头市昆都仑区沼潭北街31号楼3单元";
        for written in [plain, "沼潭北街31号楼3单元(包头市昆都仑区)", ")(沼潭北街31号楼3单元(包头市昆都仑区)"]
        {
            assert_eq!(one_order(written), plain);
        }
        for other in ["沼潭北街31号楼(东门)", "(包头市昆都仑区)", ""] {
            assert_eq!(one_order(other), other);
        }
    }
}
