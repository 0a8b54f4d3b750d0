//! Signs the heads of the trail (链首签名).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use ring::signature::{ED25519, KeyPair as _, UnparsedPublicKey};

use super::Identity;
use crate::audit::head::Signer;

impl Identity {
    /// The public key of what it signs, as a PEM file.
    pub fn public_key_pem(&self) -> String {
        // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410): always these bytes, then the key.
        const INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        let key = STANDARD.encode([&INFO[..], &self.public()].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----")
    }
}

/// Signs the heads of the trail: Ed25519 (RFC 8032), so that who has the public key alone can check them.
impl Signer for Identity {
    fn public(&self) -> [u8; 32] {
        let mut public = [0u8; 32];
        public.copy_from_slice(self.signing.public_key().as_ref());
        public
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.signing.sign(message).as_ref().to_vec()
    }

    fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.signing.public_key().as_ref())
            .verify(message, signature)
            .is_ok()
    }
}
