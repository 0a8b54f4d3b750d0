//! Who is who, without saying who: normalising, keyed hashes, sealing and opening.
//!
//! One key file, readable by its owner alone. From the 32 random bytes of its first line keys are derived (RFC 5869), so that what seals
//! cannot search, what searches cannot open, and what signs the heads of the trail does nothing else; further keys that seal stand
//! behind it. The key file never travels in a backup.

mod file;
mod password;
mod seal;
mod sign;
mod token;

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::signature::Ed25519KeyPair;
use sha2::Sha256;

use crate::domain::cursor::Stamp;
use crate::domain::evidence::{IdentityKey, Relay};
use crate::domain::given::{Fact, Given, Rule};
use crate::domain::ids::{BureauId, SealKeyId, Sequence, Track};
use crate::domain::no_address::{is_street_alone, tells_of_places};
use crate::domain::person::{self, Complainant, Phone, ResidentId};
use crate::domain::plain::plain;
use crate::domain::respondent::{self, Respondent, short_name};
use crate::domain::submission::{self, Part, Submission};
use crate::domain::text::{Address, Line};
use crate::domain::time::{Day, Timestamp};
use crate::features::history::{KeyHash, KeyHashes, Keys, Matter, PLACES};
use crate::features::template::{Seeds, Shingles};
use crate::features::{Signals, matter};

/// Why a key or a sealed field cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file cannot be read or made.
    #[error("key file {path}: {source}")]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others could read it.
    #[error("key file {0} can be read by others; run `chmod 600` on it")]
    Open(PathBuf),
    /// It is not a key file.
    #[error("key file {0} does not hold 64 hexadecimal digits; restore it from where you keep keys")]
    Malformed(PathBuf),
    /// A line behind its first is no sealing key.
    #[error("line {line} of key file {path} is no sealing key; restore it from where you keep keys")]
    MalformedLine {
        /// Where.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// Another installation's key file took its place.
    #[error("key file {0} was replaced by one of another identity; put the right one back")]
    Other(PathBuf),
    /// An earlier copy took its place, or one with another key under the same number.
    #[error(
        "key file {0} was replaced by an earlier copy, or by one with another sealing key under the same number; put the right one back"
    )]
    Earlier(PathBuf),
    /// It was given up elsewhere, and the key file with its successor did not come here.
    #[error("sealing key {0} was given up elsewhere; bring the key file that holds its successor")]
    GivenUp(SealKeyId),
    /// It is no file, such as a pipe, which would be waited for.
    #[error("key file {0} is no regular file; put the right one back")]
    NoFile(PathBuf),
    /// A value was sealed with a key that the file does not hold.
    #[error("sealing key {0} is not in the key file; restore the key file that holds it")]
    NoSealKey(SealKeyId),
    /// The machine gives no random numbers.
    #[error("no random numbers from the operating system")]
    Random,
    /// A sealed field was made with another key, or altered.
    #[error("a sealed field cannot be opened: it was made with another key, or altered")]
    Sealed,
}

use file::{KeyFile, Sealing};
pub use password::{PASSWORD_CHARACTERS_MOST, PasswordRule};
pub(crate) use seal::{Place, header};
pub(crate) use token::random_request_id;
pub use token::{Credential, KnownBy, PublicKey};
pub(crate) use token::{NewCredential, new_session_token};

/// The keys of one installation.
pub struct Identity {
    sealing: Sealing,
    key_hash: Hmac<Sha256>,
    digest: Hmac<Sha256>,
    template: Seeds,
    signing: Ed25519KeyPair,
    fingerprint: [u8; 8],
    key_form: i16,
    /// Part of every hash of a password.
    pepper: [u8; 32],
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(hidden)")
    }
}

/// For what the fingerprint is derived.
const FINGERPRINT: &str = "triage fingerprint v1";

/// The key for a purpose, from that of a key file.
fn derived(key: &[u8; 32], purpose: &str) -> Result<[u8; 32], IdentityError> {
    let mut derived = [0u8; 32];
    let master = Hkdf::<Sha256>::new(None, key);
    master.expand(purpose.as_bytes(), &mut derived).map_err(|_| IdentityError::Sealed)?;
    Ok(derived)
}

/// The version of what is hashed for a key: the normal form of a text, what counts as no value, how a number is read. A bureau's keys
/// are of one version, which stands beside its head. When the golden test below is red, raise it and `ledger::DECISION_VERSION`:
/// `triage migrate` then makes all keys again, so that old and new complaints of one person go on to link.
const KEY_FORM: i16 = 1;

impl Identity {
    /// Derives the keys from the 32 bytes of a key file.
    pub fn from_key(key: &[u8; 32]) -> Result<Self, IdentityError> {
        let file = KeyFile::of(*key);
        let sealing = Sealing::without_file(file.seal_keys()?);
        Self::of(&file, sealing)
    }

    fn of(file: &KeyFile, sealing: Sealing) -> Result<Self, IdentityError> {
        let derive = |purpose: &str| derived(&file.identity, purpose);
        let mac = |purpose: &str| {
            Hmac::<Sha256>::new_from_slice(&derive(purpose)?).map_err(|_| IdentityError::Sealed)
        };
        let mut fingerprint = [0u8; 8];
        fingerprint.copy_from_slice(&derive(FINGERPRINT)?[..8]);
        let seeds = derive("triage template v1")?;
        let seed = |at: usize| seeds[at..at + 8].iter().fold(0, |seed, byte| seed << 8 | u64::from(*byte));
        let template = Seeds(seed(0), seed(8));
        let signing = Ed25519KeyPair::from_seed_unchecked(&derive("triage trail v1")?);
        Ok(Self {
            sealing,
            key_hash: mac("triage mark v1")?,
            digest: mac("triage digest v1")?,
            template,
            signing: signing.map_err(|_| IdentityError::Sealed)?,
            fingerprint,
            key_form: KEY_FORM,
            pepper: derive("triage password v1")?,
        })
    }

    /// Identifies the key without revealing it.
    pub fn fingerprint(&self) -> &[u8; 8] {
        &self.fingerprint
    }

    /// Of which version its keys are.
    pub(crate) fn key_form(&self) -> i16 {
        self.key_form
    }

    /// Keyed digest of a command's content: shows repeats and nothing else.
    pub(crate) fn digest(&self, content: &[u8]) -> [u8; 16] {
        let mut mac = self.digest.clone();
        mac.update(content);
        halve(&mac.finalize().into_bytes())
    }

    /// Keyed hash of an address that somebody signs in from.
    pub(crate) fn sign_in_source(&self, address: &str) -> [u8; 16] {
        self.digest(format!("sign-in source {address}").as_bytes())
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
        Shingles::of(text.as_str(), &names, self.template)
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

    /// Identifies the event at a sequence, for cursors.
    pub(crate) fn stamp(
        &self,
        bureau: BureauId,
        sequence: Sequence,
        recorded_at: Timestamp,
        digest: &[u8],
    ) -> Stamp {
        let event = format!("{} {} {} {}", bureau.0, sequence.0, recorded_at.0, hex::encode(digest));
        let KeyHash([a, b, c, d, ..]) = self.key_hash("event", &event);
        [a, b, c, d]
    }

    fn key_hash(&self, label: &str, text: &str) -> KeyHash {
        let mut mac = self.key_hash.clone();
        mac.update(label.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        KeyHash(halve(&mac.finalize().into_bytes()))
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

fn halve(full: &[u8]) -> [u8; 16] {
    let mut half = [0u8; 16];
    half.copy_from_slice(&full[..16]);
    half
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

    /// Red: what is hashed has changed, and with it the keys of every bureau; see [`KEY_FORM`].
    #[test]
    fn the_keys_are_of_the_form_that_they_are_numbered_by() {
        let whole = serde_json::json!({
            "number": "1", "received": { "at": 1_780_000_000_000_000_i64 },
            "complainant": {
                "name": "王　某", "phone": "13547207780", "other_phones": ["0472-5151234"],
                "resident_id": "15020319900101001X", "email": "Wang@Example.com", "payment_account": "6222020200112233445",
                "address": "沼潭北街31号楼3单元（包头市昆都仑区）", "delivery_address": "包头市青山区富强路１２号",
            },
            "respondent": { "name": "昆区 某某超市（有限公司）", "credit_code": "91150203MA0N000000" },
            "complaint": { "text": "本人于2026年5月1日在该店购买瓜子一袋，已过保质期，要求退一赔十，赔偿一千元。", "product": "瓜子" },
        });
        let version: Submission = serde_json::from_value(whole).unwrap();
        let identity = Identity::from_key(&[7; 32]).unwrap();
        let KeyHashes { keys, respondent, name, person, product, .. } = identity.key_hashes(&version);
        let search = identity.search_keys(&version);
        let anchors = identity.shingles(&version).map(|shingles| shingles.anchors().collect::<Vec<_>>());
        let all = format!(
            "{KEY_FORM} {keys:?} {respondent:?} {name:?} {person:?} {product:?} {search:?} {anchors:?}"
        );
        let digest = identity.digest(all.as_bytes());
        assert_eq!(
            hex::encode(digest),
            "c6f09c241294d5d02ec1b7d41220820c",
            "raise KEY_FORM and DECISION_VERSION, then put the new digest here"
        );
    }
}
