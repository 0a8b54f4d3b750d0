//! What a complaint is about (事项), by key hashes: enough to tell purchases, kinds of goods and kinds of problems apart.

use crate::domain::time::Day;

/// The matter of one complaint: in words as it is read, in key hashes as history keeps it. What is not known is neither the same
/// nor another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Matter<T = i64> {
    /// Order number (订单号).
    pub order: Option<T>,
    /// Day of the purchase or the dispute (购买日), from its field.
    pub bought: Option<Day>,
    /// Day of the purchase as the text tells it. Not held against the field of another complaint: the two may mean two days.
    pub said: Option<Day>,
    /// Kind of goods or service (同类商品): beef jerky and biscuits are two, though both are food.
    pub goods: Option<T>,
    /// Kind of problem (同类问题): dates, labels and advertisements together, else its category.
    pub problem: Option<T>,
    /// The plan (诉求模式): goods and defect, of those who ask for more than their loss.
    pub plan: Option<T>,
    /// Dates, labels, standards or advertisements are complained of.
    pub is_target: bool,
    /// More than the loss is asked for.
    pub is_punitive: bool,
}

impl<T> Matter<T> {
    /// The same of keys: each of its words keyed under its name.
    pub fn keyed<K>(&self, key: impl Fn(&'static str, &T) -> K) -> Matter<K> {
        let keyed = |name, word: &Option<T>| word.as_ref().map(|word| key(name, word));
        Matter {
            order: keyed("order", &self.order),
            bought: self.bought,
            said: self.said,
            goods: keyed("goods", &self.goods),
            problem: keyed("problem", &self.problem),
            plan: keyed("plan", &self.plan),
            is_target: self.is_target,
            is_punitive: self.is_punitive,
        }
    }
}

impl Matter {
    /// Whether it is another purchase, or about other goods. One order number is one purchase, whatever else is said.
    pub(in crate::features) fn is_another(&self, other: &Self) -> bool {
        let differ = |one: Option<i64>, two: Option<i64>| one.is_some() && two.is_some() && one != two;
        if self.order.is_some() && other.order.is_some() {
            return self.order != other.order;
        }
        self.is_another_purchase(other) || differ(self.goods, other.goods)
    }

    /// Whether an order number or a day tells another purchase. The goods alone do not: a text names them now so, now so.
    pub(in crate::features) fn is_another_purchase(&self, other: &Self) -> bool {
        match (self.order, other.order, self.bought, other.bought, self.said, other.said) {
            (Some(one), Some(other), ..) => one != other,
            (_, _, Some(one), Some(other), ..) | (_, _, _, _, Some(one), Some(other)) => one != other,
            _ => false,
        }
    }

    /// What tells its purchase from others: the order number, else the day.
    pub(in crate::features) fn purchase(&self) -> Option<i64> {
        self.order.or(self.bought.or(self.said).map(|day| i64::from(day.0)))
    }

    /// Whether it is what claims are made of: dates, labels and advertisements, or more than the loss.
    pub(in crate::features) fn is_claim(&self) -> bool {
        self.is_target || self.is_punitive()
    }

    /// Whether more than the loss is asked for.
    pub(in crate::features) fn is_punitive(&self) -> bool {
        self.is_punitive || self.plan.is_some()
    }

    /// Its key hashes as bytes: each known one by its position and its value.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let number = |day: Option<Day>| day.map(|day| i64::from(day.0));
        let (target, punitive) = (self.is_target.then_some(1), self.is_punitive.then_some(1));
        let (bought, said) = (number(self.bought), number(self.said));
        let marks = [self.order, bought, self.goods, self.problem, self.plan, target, said, punitive];
        let marks = (0_u8..).zip(marks);
        let known = marks.filter_map(|(position, mark)| Some((position, mark?)));
        known.flat_map(|(position, mark)| std::iter::once(position).chain(mark.to_le_bytes())).collect()
    }

    /// What [`Matter::to_bytes`] made; none of anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (known, rest) = bytes.as_chunks::<9>();
        let mut marks = [None; 8];
        for [position, mark @ ..] in known {
            *marks.get_mut(usize::from(*position))? = Some(i64::from_le_bytes(*mark));
        }
        let [order, bought, goods, problem, plan, target, said, punitive] = marks;
        let day = |mark: Option<i64>| mark.map(i32::try_from).transpose().ok().map(|day| day.map(Day));
        let (bought, said) = (day(bought)?, day(said)?);
        let (is_target, is_punitive) = (target.is_some(), punitive.is_some());
        rest.is_empty().then_some(Self { order, bought, said, goods, problem, plan, is_target, is_punitive })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn another_order_or_day_is_another_purchase_and_one_order_is_one() {
        let of = |order, day: i32, goods| Matter {
            order,
            bought: Some(Day(day)),
            goods: Some(goods),
            ..Matter::default()
        };
        let one = of(Some(1), 7, 1);
        assert!(one.is_another(&of(Some(2), 7, 1)) && one.is_another(&of(None, 8, 1)));
        assert!(one.is_another(&of(None, 7, 2)) && !one.is_another(&of(None, 7, 1)));
        assert!(!one.is_another(&of(Some(1), 9, 2)), "one order, told again");
        assert!(!one.is_another(&Matter::default()));
        let said = |day: i32| Matter { said: Some(Day(day)), ..Matter::default() };
        assert!(said(7).is_another(&said(8)) && !said(7).is_another(&said(7)));
        assert!(!said(7).is_another(&of(None, 8, 1)), "a day of the text is not held against a field");
    }

    proptest! {
        #[test]
        fn bytes_carry_every_mark(
            order: Option<i64>, days: [Option<i32>; 2], goods: Option<i64>, problem: Option<i64>, plan: Option<i64>,
            is_target: bool, is_punitive: bool,
        ) {
            let [bought, said] = days.map(|day| day.map(Day));
            let matter = Matter { order, bought, said, goods, problem, plan, is_target, is_punitive };
            prop_assert_eq!(Matter::from_bytes(&matter.to_bytes()), Some(matter));
        }

        #[test]
        fn other_bytes_are_none_or_read(bytes: Vec<u8>) {
            let _ = Matter::from_bytes(&bytes);
        }
    }
}
