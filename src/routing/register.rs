//! The bureau's own register of operators (登记在册的经营者): by credit code, by full name, by platform.

use std::collections::HashMap;

use crate::domain::respondent::Respondent;

use super::gazetteer::{Area, Gazetteer, unified};

/// A row of the register, checked.
#[derive(Debug, Clone)]
pub(super) struct Operator {
    pub(super) area: Area,
    pub(super) code: Option<String>,
    /// Words of which its premises must contain one; empty asks nothing.
    pub(super) premises: Vec<String>,
    /// Online platforms that it runs (电子商务平台).
    pub(super) platforms: Vec<String>,
}

/// Operators, looked up by hash: a bureau may have tens of thousands.
#[derive(Debug, Clone, Default)]
pub(super) struct Register {
    operators: Vec<Operator>,
    by_code: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    by_platform: HashMap<String, Vec<usize>>,
}

impl Register {
    pub(super) fn new(operators: Vec<Operator>) -> Self {
        let mut register = Self::default();
        for (at, operator) in operators.iter().enumerate() {
            if let Some(code) = &operator.code {
                register.by_code.entry(code.clone()).or_default().push(at);
            }
            register.by_name.entry(unified(&operator.area.name)).or_default().push(at);
            for platform in &operator.platforms {
                register.by_platform.entry(unified(platform)).or_default().push(at);
            }
        }
        register.operators = operators;
        register
    }

    /// The respondent's rows: by its code; without one, by its full name, when its premises show that this one is meant,
    /// or when it is a company's of this district: those do not repeat, small traders' (个体工商户) do.
    pub(super) fn find(&self, respondent: &Respondent, gazetteer: &Gazetteer) -> Vec<&Area> {
        let premises =
            respondent.premises.known().map(|address| unified(address.as_str())).unwrap_or_default();
        let stands = |operator: &&Operator| {
            operator.premises.iter().any(|word| premises.contains(unified(word).as_str()))
        };
        if let Some(code) = respondent.credit_code.known() {
            let rows: Vec<&Operator> = self.rows(&self.by_code, code.text()).collect();
            let here: Vec<&Operator> = rows.iter().copied().filter(|row| stands(row)).collect();
            let plain = rows.into_iter().filter(|row| row.premises.is_empty());
            return if here.is_empty() { plain.map(|row| &row.area).collect() } else { of(here) };
        }
        let Some(name) = respondent.name.known().map(|name| unified(name.as_str())) else {
            return Vec::new();
        };
        let is_ours = name.contains("公司") && gazetteer.names_district(&name);
        let means = |row: &&Operator| stands(row) || is_ours && row.premises.is_empty();
        of(self.rows(&self.by_name, &name).filter(means))
    }

    /// Where the operator of a platform is domiciled (平台经营者住所地), if that is here.
    pub(super) fn platform(&self, name: &str) -> Vec<&Area> {
        of(self.rows(&self.by_platform, &unified(name)))
    }

    fn rows<'a>(
        &'a self,
        by: &'a HashMap<String, Vec<usize>>,
        key: &str,
    ) -> impl Iterator<Item = &'a Operator> {
        by.get(key).into_iter().flatten().filter_map(|at| self.operators.get(*at))
    }
}

fn of<'a>(rows: impl IntoIterator<Item = &'a Operator>) -> Vec<&'a Area> {
    rows.into_iter().map(|row| &row.area).collect()
}
