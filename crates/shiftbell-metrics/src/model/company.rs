//! What kind of company it is: data that choose what is suggested, and never what is counted.

/// A stage of growth, by the word of the definitions file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrowthStage {
    pub word: &'static str,
    pub label: &'static str,
    /// What has to hold before the next stage is worth the money.
    pub test: &'static str,
}

/// In their order. Sources differ on the revenue at which each begins, so the company says it, and no revenue is compared.
pub const GROWTH_STAGES: [GrowthStage; 4] = [
    GrowthStage {
        word: "pmf",
        label: "product-market fit",
        test: "customers pay and stay: look at revenue kept before volume",
    },
    GrowthStage {
        word: "gtm-fit",
        label: "go-to-market fit",
        test: "one motion repeats: its formula should predict the next quarter",
    },
    GrowthStage {
        word: "scale-up",
        label: "scale-up",
        test: "a customer brings in more than three times what it cost to win",
    },
    GrowthStage {
        word: "grown-up",
        label: "grown-up",
        test: "existing customers carry the growth: net retention comes first",
    },
];

/// A way of being paid, by the word of the definitions file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BusinessModel {
    pub word: &'static str,
    /// Of qualified deals, how many are usually won, as one in so many. From a textbook of the trade: to compare with, never a
    /// target.
    pub one_win_in: f64,
    /// Whether what is won recurs, so that there is revenue to be kept.
    pub recurs: bool,
    pub note: &'static str,
}

impl BusinessModel {
    /// How often the open deals must cover what is still to be won: the other side of the win rate.
    pub fn coverage(&self) -> f64 {
        self.one_win_in
    }
}

pub const BUSINESS_MODELS: [BusinessModel; 3] = [
    BusinessModel {
        word: "ownership",
        one_win_in: 3.0,
        recurs: false,
        note: "a licence is paid once: only its maintenance recurs",
    },
    BusinessModel {
        word: "subscription",
        one_win_in: 5.0,
        recurs: true,
        note: "with yearly terms; monthly ones are won one in six",
    },
    BusinessModel {
        word: "consumption",
        one_win_in: 10.0,
        recurs: true,
        note: "what is committed recurs; what is used beyond it is shown apart",
    },
];

/// How much people do for one sale. It follows from what a year of it pays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Touch {
    pub word: &'static str,
    /// A year's price of a win below which it is this one, in US dollars; `None` for the last.
    pub below: Option<f64>,
    pub selling: &'static str,
    /// Of the revenue of a year ago, what should be kept.
    pub kept: f64,
}

/// From the smallest sale to the largest.
pub const TOUCHES: [Touch; 5] = [
    Touch { word: "no touch", below: Some(5_000.0), selling: "the product sells itself", kept: 0.80 },
    Touch { word: "low touch", below: Some(15_000.0), selling: "one person from lead to win", kept: 0.85 },
    Touch { word: "medium touch", below: Some(50_000.0), selling: "one person finds, another closes", kept: 0.90 },
    Touch { word: "high touch", below: Some(500_000.0), selling: "few accounts, sold to in the field", kept: 0.95 },
    Touch { word: "dedicated", below: None, selling: "named accounts, one by one", kept: 0.98 },
];

/// The touch that a year's price pays for. The bands are of the trade and in US dollars; another currency is taken as it is, since
/// this only chooses what is suggested.
pub fn touch(annual_price: f64) -> &'static Touch {
    TOUCHES.iter().find(|touch| touch.below.is_none_or(|below| annual_price < below)).unwrap_or(&TOUCHES[4])
}

/// What to look at, in this order, by what the company says it is. Words that nothing has suggest nothing.
///
/// ```
/// use shiftbell_metrics::model::suggestions;
/// let said = suggestions("gtm-fit", "subscription", Some(18_400.0));
/// assert_eq!(said[0], "one motion repeats: its formula should predict the next quarter");
/// assert!(said[1].contains("5 times"));
/// assert!(said[2].contains("90 %"));
/// ```
pub fn suggestions(growth_stage: &str, business_model: &str, annual_price: Option<f64>) -> Vec<String> {
    let mut said = Vec::new();
    said.extend(GROWTH_STAGES.iter().find(|stage| stage.word == growth_stage).map(|stage| stage.test.to_owned()));
    let model = BUSINESS_MODELS.iter().find(|model| model.word == business_model);
    if let Some(model) = model {
        said.push(format!(
            "open deals usually have to be {} times what is still to be won ({})",
            model.coverage(),
            model.note
        ));
    }
    if let (Some(price), true) = (annual_price, model.is_none_or(|model| model.recurs)) {
        let touch = touch(price);
        said.push(format!(
            "at this price a sale is {}: {}, and {:.0} % of the revenue should be kept in a year",
            touch.word,
            touch.selling,
            touch.kept * 100.0
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_at_an_edge_belongs_to_the_next_touch() {
        let words: Vec<&str> =
            [0.0, 4_999.99, 5_000.0, 15_000.0, 49_999.0, 50_000.0, 500_000.0].map(|price| touch(price).word).to_vec();
        let expected = ["no touch", "no touch", "low touch", "medium touch", "medium touch", "high touch", "dedicated"];
        assert_eq!(words, expected);
        assert!(
            TOUCHES
                .windows(2)
                .all(|pair| pair[0].kept < pair[1].kept && pair[0].below < pair[1].below.or(Some(f64::MAX)))
        );
    }

    #[test]
    fn what_is_paid_once_has_no_revenue_to_keep() {
        assert_eq!(suggestions("pmf", "ownership", Some(20_000.0)).len(), 2);
        assert_eq!(suggestions("pmf", "consumption", None).len(), 2);
        assert!(suggestions("seed", "barter", None).is_empty());
    }
}
