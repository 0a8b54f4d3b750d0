//! The words of closed lists in the stored JSON.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::act::{
    DisputeEnd, MediationMeans, MediationPaper, NoticeMeans, NoticeSubject, Party, VerificationAnswer,
    VerificationSubject,
};
use crate::domain::caller::Role;
use crate::domain::check::WarningKind;
use crate::domain::danger::DangerKind;
use crate::domain::decision::Factor;
use crate::domain::disclosure::Right;
use crate::domain::evidence::{GuardKind, IdentityKey};
use crate::domain::handling::{
    Disposition, Finding, NotFiledBasis, OtherMatter, RefusalGround, ReviewKind, ReviewOutcome, Status,
    StepKind, TerminationGround,
};
use crate::domain::ids::Track;
use crate::domain::outcome::ImportedLabel;
use crate::domain::submission::Channel;
use crate::stored::Form;

/// A value of a closed list, stored as its word.
pub(crate) struct Word<T>(T);

/// A closed list with a stored word for each of its values.
pub(crate) trait Worded: Copy {
    fn word(self) -> &'static str;
    fn of_word(word: &str) -> Option<Self>;
}

impl<T: Worded> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl<'de, T: Worded> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Cow::<str>::deserialize(deserializer)?;
        T::of_word(&word).map(Self).ok_or_else(|| D::Error::custom("a word that is not in its list"))
    }
}

impl<T: Worded> Form<T> for Word<T> {
    fn of(value: &T) -> Self {
        Self(*value)
    }
    fn back(self) -> T {
        self.0
    }
}

macro_rules! words {
    ($($name:ident { $($variant:ident = $word:literal),+ $(,)? })+) => { $(
        impl Worded for $name {
            fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
            fn of_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some($name::$variant),)+
                    _ => None,
                }
            }
        }
    )+ };
}

words! {
    Track { Complaint = "complaint", Report = "report" }
    Role {
        Intake = "intake", Reception = "reception", Unit = "unit", Manager = "manager", Officer = "officer",
        Lawyer = "lawyer", Analyst = "analyst", Approver = "approver", Leader = "leader", Auditor = "auditor",
        Security = "security", System = "system",
    }
    Channel {
        Platform = "platform", Hotline = "hotline", CityHotline = "city_hotline", Letter = "letter",
        Counter = "counter", Other = "other",
    }
    Status {
        Waiting = "waiting", SignedFor = "signed_for", Accepted = "accepted", Refused = "refused",
        Filed = "filed", NotFiled = "not_filed", Closed = "closed",
    }
    RefusalGround {
        NotOurDuty = "not_our_duty", HandledElsewhere = "handled_elsewhere",
        NotForConsumption = "not_for_consumption", TooLate = "too_late",
        MaterialMissing = "material_missing", IdentityRefused = "identity_refused",
        OtherByLaw = "other_by_law",
    }
    Finding { Suspected = "suspected", NotSuspected = "not", Undetermined = "undetermined" }
    StepKind {
        ContactedSender = "contacted_sender", ContactedRespondent = "contacted_respondent",
        SiteVisit = "site_visit", Mediation = "mediation", Testing = "testing", Evidence = "evidence",
        Notified = "notified", Other = "other", TestingBegan = "testing_began",
        TestingEnded = "testing_ended", CompetenceDisputed = "competence_disputed",
        JointConsent = "joint_consent", JointDeclined = "joint_declined",
    }
    Disposition {
        Settled = "settled", MediationEnded = "mediation_ended", Withdrawn = "withdrawn",
        GroundFoundLater = "ground_found_later", Penalised = "penalised", Rectified = "rectified",
        NoViolation = "no_violation", HandedOver = "handed_over", Repeated = "repeated",
        Merged = "merged", SelfSettled = "self_settled", NotCompetent = "not_competent",
        OtherChannel = "other_channel",
    }
    TerminationGround {
        Withdrawn = "withdrawn", NotTakingPart = "not_taking_part", NoAgreement = "no_agreement",
        TestingCost = "testing_cost", TermEnded = "term_ended", GroundFound = "ground_found",
        PartyGone = "party_gone", OtherByLaw = "other_by_law",
    }
    NotFiledBasis {
        ConditionsNotMet = "conditions_not_met", Slight = "slight", FirstTime = "first_time", NoFault = "no_fault",
        OtherByLaw = "other_by_law",
    }
    OtherMatter {
        Consultation = "consultation", Information = "information", Reconsideration = "reconsideration",
        Discipline = "discipline", Other = "other",
    }
    NoticeSubject {
        Acceptance = "acceptance", Refusal = "refusal", Termination = "termination",
        FilingDecision = "filing_decision", NotCompetent = "not_competent", OtherChannel = "other_channel",
        Result = "result", HandedOver = "handed_over", Verification = "verification", Appointment = "appointment",
    }
    Party { Sender = "sender", Respondent = "respondent" }
    Right { Look = "look", Copy = "copy" }
    NoticeMeans {
        Platform = "platform", Letter = "letter", Phone = "phone", Message = "message",
        InPerson = "in_person", Electronic = "electronic", Public = "public",
    }
    DisputeEnd { Agreed = "agreed", Designated = "designated", Withdrawn = "withdrawn", Referred = "referred" }
    MediationMeans { OnSite = "on_site", Phone = "phone", Online = "online" }
    MediationPaper { Agreement = "agreement", Record = "record" }
    VerificationSubject {
        Identity = "identity", Purchase = "purchase", Dispute = "dispute", Authority = "authority",
        Other = "other",
    }
    VerificationAnswer {
        Given = "given", Insufficient = "insufficient", Declined = "declined", Unreached = "unreached",
        Lapsed = "lapsed", Awaited = "awaited",
    }
    WarningKind {
        NoFact = "no_fact", NotAsked = "not_asked", NotAnswered = "not_answered", Given = "given",
        Late = "late", Overturned = "overturned", WithinThreeYears = "within_three_years",
        LookAlike = "look_alike", FindingDiffers = "finding_differs", NotVerified = "not_verified", SameAgain = "same_again",
    }
    DangerKind {
        Poisoning = "poisoning", Injury = "injury", Gas = "gas", Fire = "fire", Lift = "lift",
        Infant = "infant", Drug = "drug", Other = "other",
    }
    ReviewKind { Reconsideration = "reconsideration", Suit = "suit", Simplified = "simplified" }
    ReviewOutcome {
        Discontinued = "discontinued", Upheld = "upheld", Dismissed = "dismissed", Revoked = "revoked",
        RedoOrdered = "redo_ordered", Changed = "changed", DeclaredUnlawful = "declared_unlawful",
        ActOrdered = "act_ordered", DeclaredVoid = "declared_void",
    }
    ImportedLabel { Suspected = "suspected", Not = "not" }
    IdentityKey {
        ResidentId = "resident_id", Phone = "phone", Email = "email",
        PaymentAccount = "payment_account", DeliveryAddress = "delivery_address", Address = "address",
    }
    Factor {
        Quantity = "quantity", Repetition = "repetition", Proof = "proof",
        SharedContact = "shared_contact", Other = "other", Context = "context",
    }
    GuardKind {
        MassIncident = "mass_incident", OpenDuplicate = "open_duplicate", SharedLine = "relay_phone",
        TooLittleKnown = "too_little_known", FirstComplaint = "first_complaint",
        DifferentDisputes = "different_disputes", Family = "family", BrandEvent = "brand_event", Agent = "agent",
        HotlineText = "hotline_text",
    }
}
