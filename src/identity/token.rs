//! Bearer tokens (访问令牌) of callers and of sessions: random, and kept as their hash alone.

use sha2::{Digest as _, Sha256};

use super::IdentityError;
use crate::domain::ids::{BureauId, RequestId};

/// A new random token, and its hash as the database keeps it. The bureau stands in front: `t1.<bureau>.<random>`.
pub fn new_token(bureau: BureauId) -> Result<(String, Vec<u8>), IdentityError> {
    token(SERVICE, bureau)
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

/// Whether a token is of a session.
pub(crate) fn is_of_session(token: &str) -> bool {
    token.starts_with(SESSION)
}

/// The bureau and hash of a presented token; none when it cannot be one.
pub(crate) fn read_token(token: &str) -> Option<(BureauId, Vec<u8>)> {
    let (bureau, _) = token.strip_prefix(SERVICE).or(token.strip_prefix(SESSION))?.split_once('.')?;
    (token.len() <= 128).then_some(())?;
    Some((BureauId(bureau.parse().ok()?), Sha256::digest(token.as_bytes()).to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_name_their_bureau_and_are_kept_hashed() {
        let (token, hash) = new_token(BureauId(3)).unwrap();
        assert_eq!(read_token(&token), Some((BureauId(3), hash)));
        assert_eq!(read_token("t1.x.00"), None);
        assert_eq!(read_token(""), None);
    }
}
