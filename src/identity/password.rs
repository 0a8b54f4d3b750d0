//! Passwords (口令): hashed with Argon2id (RFC 9106) and a secret of the installation, so that a stolen database alone tells none of them.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::{Identity, IdentityError};
use crate::domain::personal::Personal;

/// What a password must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRule {
    /// Characters at least.
    pub length: usize,
    /// Of capital letters, small letters, digits and other signs: how many sorts at least.
    pub sorts: usize,
}

impl PasswordRule {
    /// Whether a password may be taken.
    pub fn allows(self, password: &str) -> bool {
        let sorts: [fn(char) -> bool; 4] = [
            |c| c.is_uppercase(),
            |c| c.is_lowercase(),
            |c| c.is_numeric(),
            |c| !c.is_alphanumeric() && !c.is_whitespace(),
        ];
        let has = sorts.iter().filter(|sort| password.chars().any(**sort)).count();
        (self.length..=PASSWORD_CHARACTERS_MOST).contains(&password.chars().count()) && has >= self.sorts
    }
}

/// A password longer than this is not taken, for hashing it costs.
pub const PASSWORD_CHARACTERS_MOST: usize = 128;

impl Identity {
    /// Hashes a password. Takes some hundredths of a second and 19 MiB: not for a thread that serves.
    pub(crate) fn hash_password(&self, password: &str) -> Result<String, IdentityError> {
        let hashed = self.argon2()?.hash_password(password.as_bytes());
        Ok(hashed.map_err(|_| IdentityError::Random)?.to_string())
    }

    /// Whether a password is the one of a hash. Takes as long as [`Identity::hash_password`].
    pub(crate) fn is_password(&self, password: &str, hash: &str) -> bool {
        let Ok(known) = PasswordHash::new(hash) else { return false };
        self.argon2().is_ok_and(|argon2| argon2.verify_password(password.as_bytes(), &known).is_ok())
    }

    /// 19 MiB, two passes, one lane: what OWASP asks for at least.
    fn argon2(&self) -> Result<Argon2<'_>, IdentityError> {
        let made =
            Argon2::new_with_secret(&self.pepper, Algorithm::Argon2id, Version::V0x13, Params::default());
        made.map_err(|_| IdentityError::Sealed)
    }
}

/// A password that is given to somebody, and the salt of its hash.
pub(crate) struct FirstPassword {
    /// The password.
    pub(crate) password: Personal<String>,
    salt: [u8; 16],
}

impl Identity {
    /// The first password that a request gives: of three sorts of signs, without those that are taken for each other. It is derived from
    /// the request under the installation's secret: the same request, sent again because its answer was lost, gives the same one, and
    /// nobody else can tell it.
    pub(crate) fn first_password(&self, request: &str) -> Result<FirstPassword, IdentityError> {
        const SIGNS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        let derived = super::derived(&self.pepper, &format!("triage first password v1 {request}"))?;
        let (signs, salt) = derived.split_at(16);
        let signs = signs.iter().filter_map(|byte| SIGNS.get(usize::from(*byte) % SIGNS.len()));
        let text: String = signs.map(|sign| char::from(*sign)).collect();
        let salt = salt.try_into().map_err(|_| IdentityError::Sealed)?;
        // Of each sort one, wherever the others fell.
        Ok(FirstPassword { password: Personal::new(format!("{text}-Aa7")), salt })
    }

    /// Hashes a first password, the same way each time.
    pub(crate) fn hash_first_password(&self, first: &FirstPassword) -> Result<String, IdentityError> {
        let password = first.password.expose().as_bytes();
        let hashed = self.argon2()?.hash_password_with_salt(password, &first.salt);
        Ok(hashed.map_err(|_| IdentityError::Random)?.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_and_the_installation() {
        let identity = Identity::from_key(&[7; 32]).unwrap();
        let hash = identity.hash_password("Kundulun-2026").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(identity.is_password("Kundulun-2026", &hash));
        assert!(!identity.is_password("Kundulun-2027", &hash) && !identity.is_password("", &hash));
        assert!(!Identity::from_key(&[8; 32]).unwrap().is_password("Kundulun-2026", &hash));
        assert!(!identity.is_password("Kundulun-2026", "$argon2id$"));
        assert_ne!(hash, identity.hash_password("Kundulun-2026").unwrap(), "each with a salt of its own");
    }

    #[test]
    fn a_first_password_is_of_its_request_and_installation() {
        let identity = Identity::from_key(&[7; 32]).unwrap();
        let first = identity.first_password("1 2 r1 e1").unwrap();
        let again = identity.first_password("1 2 r1 e1").unwrap();
        assert_eq!(first.password, again.password);
        let hash = identity.hash_first_password(&first).unwrap();
        assert_eq!(hash, identity.hash_first_password(&again).unwrap());
        assert!(identity.is_password(first.password.expose(), &hash));
        assert_ne!(first.password, identity.first_password("1 2 r2 e1").unwrap().password);
        let other = Identity::from_key(&[8; 32]).unwrap();
        assert_ne!(first.password, other.first_password("1 2 r1 e1").unwrap().password);
        assert!(PasswordRule { length: 20, sorts: 4 }.allows(first.password.expose()));
    }

    #[test]
    fn what_a_password_must_be() {
        let rule = PasswordRule { length: 8, sorts: 3 };
        for good in ["Abcdefg1", "abc-1234", "长口令Ab1-xy"] {
            assert!(rule.allows(good), "{good}");
        }
        for bad in ["Abcdef1", "abcdefgh1", "12345678", "        ", &"Ab1-".repeat(40)] {
            assert!(!rule.allows(bad), "{bad}");
        }
    }
}
