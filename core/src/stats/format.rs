//! P-values as a person reads them.

use core::f64::consts::LN_10;

/// ln 10 less its `f64`: together the two carry 32 digits.
const LN_10_REST: f64 = -2.170_756_223_382_249_4e-16;

/// Past this many nats neighbouring `f64` are a factor of e^0.125 apart, and not one digit of p is
/// known.
const DEEPEST: f64 = 1e15;

/// Returns the decimal text of a p-value from its natural log, at any depth: `0.031`, `3.2e-157`,
/// `8.85e-43430`.
///
/// `ln_p.exp()` would print 0 below 1e-324, and "p = 0" is a claim no finite text supports.
///
/// - `ln_p`: nats, in (−∞, 0]; above 0 is read as 0. NaN gives "NaN".
/// - `digits`: significant digits, at least 1 (0 is read as 1). No more are printed than an `f64`
///   logarithm of this size determines: 15 near 0, 10 at −100000.
/// - returns: from 0.001 up plain decimals, below it one digit before the point and an exponent.
///   A p-value that rounds to 1 is "1". Deeper than −10^15 nats, −∞ included, an upper bound:
///   "<1e-434294481903251".
///
/// # Examples
/// ```
/// use greenmark::stats::format_p_value;
///
/// assert_eq!(format_p_value(0.0, 2), "1");
/// assert_eq!(format_p_value(0.031_f64.ln(), 2), "0.031");
/// assert_eq!(format_p_value(-360.2, 2), "3.7e-157");
/// assert_eq!(format_p_value(-100_000.0, 3), "3.56e-43430");
/// ```
#[must_use]
pub fn format_p_value(ln_p: f64, digits: usize) -> String {
    if ln_p.is_nan() {
        return "NaN".to_owned();
    }
    if ln_p < -DEEPEST {
        return format!("<1e-{}", (DEEPEST / LN_10).floor());
    }
    let ln_p = ln_p.min(0.0);
    let digits = digits.clamp(1, known_digits(ln_p));

    let mut exponent = (ln_p / LN_10).floor();
    // Multiply-add leaves no rounding of exponent · ln 10 in the mantissa's logarithm.
    let ln_mantissa = (-exponent).mul_add(LN_10, ln_p) - exponent * LN_10_REST;
    let mut mantissa = format!("{:.*}", digits - 1, ln_mantissa.exp());
    if mantissa.starts_with("10") {
        // Rounded up to the next power of ten.
        exponent += 1.0;
        mantissa = format!("{:.*}", digits - 1, 1.0);
    }
    if exponent >= 0.0 {
        return "1".to_owned();
    }
    if exponent < -3.0 {
        return format!("{mantissa}e{exponent}");
    }
    let zeros = "0".repeat((-exponent - 1.0) as usize);
    format!("0.{zeros}{}", mantissa.replace('.', ""))
}

/// Returns the number of significant digits of p that its logarithm determines: an error of one ulp
/// in `ln_p` is that relative error in p.
fn known_digits(ln_p: f64) -> usize {
    let relative_error = f64::EPSILON * (-ln_p).max(1.0);
    (-relative_error.log10()).floor().max(1.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_from_a_thousandth_up() {
        for (p, digits, text) in [
            (0.5, 2, "0.50"),
            (0.5, 1, "0.5"),
            (0.031, 2, "0.031"),
            (0.001_000_1, 2, "0.0010"),
            (0.000_999, 2, "0.0010"),
            (0.000_999, 3, "9.99e-4"),
            (0.000_12, 3, "1.20e-4"),
        ] {
            assert_eq!(format_p_value(f64::ln(p), digits), text, "{p}");
        }
    }

    #[test]
    fn rounding_carries_into_the_exponent() {
        assert_eq!(format_p_value(0.099_96_f64.ln(), 3), "0.100");
        assert_eq!(format_p_value(9.996e-8_f64.ln(), 3), "1.00e-7");
        assert_eq!(format_p_value(9.996e-8_f64.ln(), 1), "1e-7");
    }

    #[test]
    fn what_rounds_to_one_is_one() {
        for ln_p in [0.0, -0.0, -1e-300, -1e-17, -0.004, 0.7] {
            assert_eq!(format_p_value(ln_p, 2), "1", "{ln_p}");
        }
        assert_eq!(format_p_value(-0.004, 4), "0.9960");
    }

    #[test]
    fn never_zero() {
        // From 40-digit arithmetic on the same f64 logarithms.
        assert_eq!(format_p_value(-745.2, 5), "2.3107e-324");
        assert_eq!(format_p_value(1e7 * 0.25_f64.ln(), 6), "1.22101e-6020600");
        assert_eq!(format_p_value(-1e15, 3), "1e-434294481903252");
        assert_eq!(format_p_value(-1e16, 3), "<1e-434294481903251");
        assert_eq!(format_p_value(f64::NEG_INFINITY, 3), "<1e-434294481903251");
        assert_eq!(format_p_value(f64::NAN, 3), "NaN");
    }

    #[test]
    fn prints_no_digit_the_logarithm_does_not_hold() {
        assert_eq!(format_p_value(-1.0, 40), "0.367879441171442");
        assert_eq!(format_p_value(-100_000.0, 40).len(), "3.562949565e-43430".len());
        assert_eq!(format_p_value(0.25_f64.ln(), 0), "0.2");
    }
}
