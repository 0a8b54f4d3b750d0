//! What callers show (凭证): bearer tokens (访问令牌) of callers and of sessions, random, or the key of a client's certificate (客户端证书).
//! Kept as their hash alone.

use sha2::{Digest as _, Sha256};

use super::IdentityError;
use crate::domain::ids::{BureauId, RequestId};
use crate::domain::time::Timestamp;

/// What a caller is to be known by (凭证).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownBy {
    /// A new token: `t1.<bureau>.<random>`.
    Token,
    /// The key of its certificate, over mutual TLS.
    Certificate(PublicKey),
}

/// A credential when it is made.
#[derive(Debug)]
pub(crate) struct NewCredential {
    /// The token, to be told once.
    pub(crate) token: Option<String>,
    /// As the database keeps it.
    pub(crate) hash: Vec<u8>,
}

impl KnownBy {
    pub(crate) fn new_credential(self, bureau: BureauId) -> Result<NewCredential, IdentityError> {
        match self {
            Self::Token => {
                let (token, hash) = token(SERVICE, bureau)?;
                Ok(NewCredential { token: Some(token), hash })
            }
            Self::Certificate(key) => Ok(NewCredential { token: None, hash: key.hash(bureau) }),
        }
    }
}

/// A new token of a session (登录凭证): `s1.<bureau>.<random>`.
pub(crate) fn new_session_token(bureau: BureauId) -> Result<(String, Vec<u8>), IdentityError> {
    token(SESSION, bureau)
}

const SERVICE: &str = "t1.";
const SESSION: &str = "s1.";

fn token(prefix: &str, bureau: BureauId) -> Result<(String, Vec<u8>), IdentityError> {
    let mut random = [0u8; 32];
    getrandom::fill(&mut random).map_err(|_| IdentityError::Random)?;
    let token = format!("{prefix}{}.{}", bureau.0, hex::encode(random));
    let hash = Sha256::digest(token.as_bytes()).to_vec();
    Ok((token, hash))
}

/// A name for a request that nobody outside has named.
pub(crate) fn random_request_id() -> Result<RequestId, IdentityError> {
    let mut random = [0u8; 12];
    getrandom::fill(&mut random).map_err(|_| IdentityError::Random)?;
    RequestId::parse(&format!("own-{}", hex::encode(random))).map_err(|_| IdentityError::Random)
}

/// What was shown, as it is looked up.
#[derive(Debug, Clone)]
pub struct Credential {
    bureau: BureauId,
    hash: Vec<u8>,
    is_session: bool,
    /// It says of itself that it ends then.
    ends_at: Option<Timestamp>,
}

impl Credential {
    /// A presented token; none when it cannot be one.
    #[must_use]
    pub fn of_token(token: &str) -> Option<Self> {
        let is_session = token.starts_with(SESSION);
        let (bureau, _) = token.strip_prefix(SERVICE).or(token.strip_prefix(SESSION))?.split_once('.')?;
        (token.len() <= 128).then_some(())?;
        let hash = Sha256::digest(token.as_bytes()).to_vec();
        Some(Self { bureau: BureauId(bureau.parse().ok()?), hash, is_session, ends_at: None })
    }

    /// The key of a certificate that a client has proved to hold, until that ends. A certificate that is renewed with the same key is
    /// the same.
    #[must_use]
    pub fn of_certificate(bureau: BureauId, key: &PublicKey, ends_at: Timestamp) -> Self {
        Self { bureau, hash: key.hash(bureau), is_session: false, ends_at: Some(ends_at) }
    }

    pub(crate) fn bureau(&self) -> BureauId {
        self.bureau
    }

    /// As the database keeps it.
    pub(crate) fn hash(&self) -> &[u8] {
        &self.hash
    }

    pub(crate) fn is_of_session(&self) -> bool {
        self.is_session
    }

    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|ends_at| ends_at <= now)
    }
}

/// The public key of a client's certificate (客户端证书公钥), hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// From its DER form (`SubjectPublicKeyInfo`, RFC 5280).
    #[must_use]
    pub fn of_der(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// As it is kept in a bureau: no token has the same, nor has the key in another bureau.
    fn hash(&self, bureau: BureauId) -> Vec<u8> {
        let name = format!("client key {}\n", bureau.0);
        Sha256::new().chain_update(name).chain_update(self.0).finalize().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_name_their_bureau_and_are_kept_hashed() {
        let NewCredential { token, hash } = KnownBy::Token.new_credential(BureauId(3)).unwrap();
        let token = token.unwrap();
        let credential = Credential::of_token(&token).unwrap();
        assert_eq!((credential.bureau(), credential.hash()), (BureauId(3), hash.as_slice()));
        assert!(!credential.is_of_session());
        for wrong in ["t1.x.00", "c1.1.00", ""] {
            assert!(Credential::of_token(wrong).is_none(), "{wrong}");
        }
    }
}
