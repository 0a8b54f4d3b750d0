//! One additive fit by linfa on 0/1 steps, obeying the law's direction and the caps.

use linfa::prelude::*;
use linfa_logistic::{FittedLogisticRegression, LogisticRegression};
use ndarray::{Array1, Array2, ShapeBuilder};

use crate::model::classifier::{bounded, sigmoid};

use super::fit::TrainError;
use super::steps::{Column, LEAST_ROWS, Table};

/// Gradient tolerance per example: linfa's is absolute on a sum over examples.
const TOLERANCE: f64 = 1e-5;

/// The same for facts fitted beside pointers: priors and caps move them farther than this.
const LOOSE: f64 = 1e-4;

const MOST_ITERATIONS: u64 = 300;

/// Newton steps of an intercept.
const MOST_CENTERED: usize = 12;

/// An additive model over the columns of a table, in log-odds before calibration.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Additive {
    pub columns: Vec<Column>,
    /// 0 for a column that is merged with the one below it, or left out.
    pub weights: Vec<f64>,
    pub intercept: f64,
    /// The most that item (5) and context come to together, before calibration.
    pub most: f64,
    /// Columns that were not merged or left out for pointing against the law.
    kept: Vec<bool>,
    /// Columns that enough rows reach to say anything.
    enough: Vec<bool>,
}

impl Additive {
    /// Fits `columns` on some rows of the table, and fits again without the columns that speak against the law until
    /// none does: a step left out is merged with the one below it. What was left out too early comes back once.
    pub(super) fn fit(
        table: &Table,
        rows: &[usize],
        columns: &[Column],
        ridge: f64,
        start: Option<&Self>,
    ) -> Result<Self, TrainError> {
        let mut model = Self::start(columns, start);
        model.leave_out_rare(table, rows);
        model.settle(table, rows, true, |model| model.regress(table, rows, ridge))?;
        Ok(model)
    }

    /// The facts fitted again beside item (5) and context as they are `served`: what caps take off those, facts may say as far
    /// as the examples show it. Item (5) and context themselves come to no more than they did.
    pub(super) fn beside_pointers(
        &self,
        served: &Self,
        table: &Table,
        rows: &[usize],
        ridge: f64,
    ) -> Result<Self, TrainError> {
        let mut model = self.clone();
        (model.intercept, model.most) = (served.intercept, served.most);
        for at in (0..self.columns.len()).filter(|at| self.columns[*at].is_pointer()) {
            (model.weights[at], model.kept[at]) = (served.weights[at], false);
        }
        if model.kept.contains(&true) {
            model.settle(table, rows, false, |model| model.regress_beside_pointers(table, rows, ridge))?;
        }
        model.center(table, rows);
        Ok(model)
    }

    /// The intercept at which as many are suspected as were found: linfa's belongs to pointers that may be scaled up.
    fn center(&mut self, table: &Table, rows: &[usize]) {
        let log_odds: Vec<f64> = rows.iter().map(|row| self.log_odds(table, *row)).collect();
        let found = rows.iter().filter(|row| table.suspected[**row]).count() as f64;
        let mut moved = 0.0;
        for _ in 0..MOST_CENTERED {
            let (mut said, mut curve) = (0.0, 1e-9);
            for z in &log_odds {
                let p = sigmoid(z + moved);
                said += p;
                curve += p * (1.0 - p);
            }
            // Held to a step of 1: far from the end a flat curve would throw it off.
            moved += ((found - said) / curve).clamp(-1.0, 1.0);
        }
        self.intercept += moved;
    }

    /// Fits, and fits again without the columns that speak against the law, until none does; those left out may come back once.
    fn settle(
        &mut self,
        table: &Table,
        rows: &[usize],
        mut readmit: bool,
        regress: impl Fn(&mut Self) -> Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        loop {
            if !self.kept.contains(&true) {
                return Err(TrainError::NoOrder(0.0));
            }
            regress(self)?;
            let against = self.against();
            if !against.is_empty() {
                for column in against {
                    self.kept[column] = false;
                    self.weights[column] = 0.0;
                }
                continue;
            }
            let pulled = if std::mem::take(&mut readmit) { self.pulled(table, rows) } else { Vec::new() };
            if pulled.is_empty() {
                return Ok(());
            }
            for column in pulled {
                self.kept[column] = true;
            }
        }
    }

    /// Begins where another fit ended: what it left out stays out at first, columns it had not come in.
    fn start(columns: &[Column], start: Option<&Self>) -> Self {
        let found = |column: &Column| {
            let start = start?;
            let at = start.columns.iter().position(|other| other == column)?;
            Some((start.weights[at], start.kept[at]))
        };
        let (weights, kept) = columns.iter().map(|column| found(column).unwrap_or((0.0, true))).unzip();
        let intercept = start.map_or(0.0, |start| start.intercept);
        let (enough, most) = (vec![true; columns.len()], f64::INFINITY);
        Self { columns: columns.to_vec(), weights, intercept, most, kept, enough }
    }

    /// What hardly any row reaches is left to the priors.
    fn leave_out_rare(&mut self, table: &Table, rows: &[usize]) {
        for (at, column) in self.columns.iter().enumerate() {
            let reached = rows.iter().filter(|row| column.reached(table, **row)).take(LEAST_ROWS).count();
            if reached < LEAST_ROWS {
                (self.enough[at], self.kept[at], self.weights[at]) = (false, false, 0.0);
            }
        }
    }

    /// The worst column against the law of every feature and pair.
    fn against(&self) -> Vec<usize> {
        let mut worst: Vec<usize> = Vec::new();
        for (at, (column, weight)) in self.columns.iter().zip(&self.weights).enumerate() {
            if !column.direction().forbids(*weight) {
                continue;
            }
            match worst.last_mut() {
                Some(last) if self.columns[*last].term() == column.term() => {
                    if weight.abs() > self.weights[*last].abs() {
                        *last = at;
                    }
                }
                _ => worst.push(at),
            }
        }
        worst
    }

    /// Columns left out that would now speak with the law: by the sign of the gradient at their weight of 0.
    fn pulled(&self, table: &Table, rows: &[usize]) -> Vec<usize> {
        let left_out: Vec<usize> =
            (0..self.columns.len()).filter(|at| !self.kept[*at] && self.enough[*at]).collect();
        if left_out.is_empty() {
            return left_out;
        }
        let residuals: Vec<f64> = rows
            .iter()
            .map(|row| f64::from(u8::from(table.suspected[*row])) - sigmoid(self.log_odds(table, *row)))
            .collect();
        let least = 10.0 * TOLERANCE * rows.len() as f64;
        left_out
            .into_iter()
            .filter(|at| {
                let column = self.columns[*at];
                let reached = rows.iter().zip(&residuals).filter(|(row, _)| column.reached(table, **row));
                let pull: f64 = reached.map(|(_, residual)| residual).sum();
                pull.abs() > least && !column.direction().forbids(pull)
            })
            .collect()
    }

    /// linfa's fit of the columns kept, from where the weights stand.
    fn regress(&mut self, table: &Table, rows: &[usize], ridge: f64) -> Result<(), TrainError> {
        let at: Vec<usize> = (0..self.columns.len()).filter(|at| self.kept[*at]).collect();
        let kept: Vec<Column> = at.iter().map(|at| self.columns[*at]).collect();
        let suspected = rows.iter().filter(|row| table.suspected[**row]).count();
        // A guess at which class linfa will call positive; a wrong one only begins further off.
        let guess = if 2 * suspected > rows.len() { 1.0 } else { -1.0 };
        let start = at.iter().map(|at| self.weights[*at]).chain([self.intercept]);
        let start = start.map(|weight| guess * weight).collect();
        let fitted = logistic(table, rows, matrix(table, rows, &kept), [ridge, TOLERANCE], Some(start))?;
        // linfa calls the class with more rows positive, whichever it is.
        let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
        for (at, weight) in at.into_iter().zip(fitted.params()) {
            self.weights[at] = sign * weight;
        }
        self.intercept = sign * fitted.intercept();
        Ok(())
    }

    /// The same with what item (5) and context come to as one more column, whose weight scales them down but never up.
    fn regress_beside_pointers(
        &mut self,
        table: &Table,
        rows: &[usize],
        ridge: f64,
    ) -> Result<(), TrainError> {
        let at: Vec<usize> = (0..self.columns.len()).filter(|at| self.kept[*at]).collect();
        let kept: Vec<Column> = at.iter().map(|at| self.columns[*at]).collect();
        let mut records = matrix(table, rows, &kept);
        let pointed: Array1<f64> = rows.iter().map(|row| self.parts(table, *row).1).collect();
        records.push_column(pointed.view()).map_err(|error| TrainError::NotConverged(error.to_string()))?;
        let suspected = rows.iter().filter(|row| table.suspected[**row]).count();
        let guess = if 2 * suspected > rows.len() { 1.0 } else { -1.0 };
        let start = at.iter().map(|at| self.weights[*at]).chain([1.0, self.intercept]);
        let start = start.map(|weight| guess * weight).collect();
        let fitted = logistic(table, rows, records, [ridge, LOOSE], Some(start))?;
        let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
        let scale = fitted.params().last().map_or(1.0, |weight| (sign * weight).clamp(0.0, 1.0));
        for (at, weight) in at.into_iter().zip(fitted.params()) {
            self.weights[at] = sign * weight;
        }
        self.intercept = sign * fitted.intercept();
        for (column, weight) in self.columns.iter().zip(&mut self.weights) {
            *weight *= if column.is_pointer() { scale } else { 1.0 };
        }
        Ok(())
    }

    /// Log-odds of one example, before calibration.
    pub(super) fn log_odds(&self, table: &Table, row: usize) -> f64 {
        let (sum, pointed) = self.parts(table, row);
        self.intercept + sum + pointed
    }

    /// What facts and honest signs come to, and what item (5) and context do within their common cap.
    fn parts(&self, table: &Table, row: usize) -> (f64, f64) {
        let (mut sum, mut pointed) = (0.0, 0.0);
        for (column, weight) in self.columns.iter().zip(&self.weights) {
            if *weight != 0.0 && column.reached(table, row) {
                let part = if column.is_pointer() { &mut pointed } else { &mut sum };
                *part += weight;
            }
        }
        (sum, if self.most.is_finite() { bounded(pointed, self.most) } else { pointed })
    }
}

/// linfa's fit as it comes, with this penalty and this gradient tolerance an example; which class it calls positive is for its `labels()` to say.
pub(super) fn logistic(
    table: &Table,
    rows: &[usize],
    records: Array2<f64>,
    [ridge, tolerance]: [f64; 2],
    start: Option<Array1<f64>>,
) -> Result<FittedLogisticRegression<f64, bool>, TrainError> {
    let targets: Array1<bool> = rows.iter().map(|row| table.suspected[*row]).collect();
    let mut params = LogisticRegression::default()
        .alpha(ridge)
        .gradient_tolerance(tolerance * rows.len() as f64)
        .max_iterations(MOST_ITERATIONS);
    if let Some(start) = start {
        params = params.initial_params(start);
    }
    params.fit(&Dataset::new(records, targets)).map_err(|error| TrainError::NotConverged(error.to_string()))
}

/// The columns as 0 and 1. Column by column in memory: linfa walks the columns for every gradient.
pub(super) fn matrix(table: &Table, rows: &[usize], columns: &[Column]) -> Array2<f64> {
    Array2::from_shape_fn((rows.len(), columns.len()).f(), |(row, column)| {
        f64::from(u8::from(columns[column].reached(table, rows[row])))
    })
}
