//! What is wrong with a request: every violation at once, by field (promise 14).

/// One wrong field of a request. Never holds the value itself: it may be personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field as the sender knows it, e.g. `submission.complainant.phone`.
    pub field: String,
    /// What is wrong and what to do, in English.
    pub description: String,
    /// The same in Chinese, for the person at the sender's side.
    pub description_zh: String,
}

/// Why a single value was refused; becomes a [`Violation`] once the field is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// English description.
    pub en: String,
    /// Chinese description.
    pub zh: String,
}

impl Invalid {
    /// A refusal in both languages.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }
}

/// Collects violations while a message is taken apart, so that none hides another.
#[derive(Debug, Default)]
pub struct Violations {
    found: Vec<Violation>,
    path: Vec<String>,
}

/// More violations than this are not listed: the answer stays small whatever was sent.
const MOST_LISTED: usize = 64;

impl Violations {
    /// Runs `inside` with `field` added to the path of every violation found there.
    pub fn within<T>(&mut self, field: impl Into<String>, inside: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(field.into());
        let value = inside(self);
        self.path.pop();
        value
    }

    /// Takes a parsed value, or notes why there is none.
    pub fn take<T>(&mut self, field: &str, parsed: Result<T, Invalid>) -> Option<T> {
        parsed.map_err(|invalid| self.add(field, invalid)).ok()
    }

    /// Notes that `field` is wrong. An empty `field` means the enclosing one.
    pub fn add(&mut self, field: &str, invalid: Invalid) {
        if self.found.len() >= MOST_LISTED {
            return;
        }
        let mut path = self.path.join(".");
        if !field.is_empty() {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(field);
        }
        self.found.push(Violation { field: path, description: invalid.en, description_zh: invalid.zh });
    }

    /// The value if nothing was wrong, else everything that was.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Violation>> {
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(self.found),
        }
    }
}
