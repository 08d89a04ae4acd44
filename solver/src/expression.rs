//! Expressions in the coordinates `x`, `y`, `z`: potentials and densities given as text, with their gradients.
//!
//! Usual precedence: `-x^2` is `-(x^2)`, `2^3^2` is `2^9`. The gradient comes by forward differentiation, so it is
//! exact; where a derivative does not exist (`abs` at 0, a tie of `min` or `max`) it is taken as 0 or as that of the
//! first argument.

use std::str::FromStr;

/// The functions of one argument, by name.
const FUNCTIONS: [&str; 16] = [
    "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp", "log", "ln", "sqrt", "abs",
    "sign", "relu",
];

/// The functions of two arguments, by name.
const BINARY_FUNCTIONS: [&str; 4] = ["min", "max", "atan2", "pow"];

/// Why a text is not an expression.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExpressionError {
    /// Something else was expected at this place.
    #[error("expected {expected} at column {column}, found {found}")]
    Unexpected {
        /// 1-based column in the text.
        column: usize,
        /// What may stand here.
        expected: String,
        /// What stands here.
        found: String,
    },
    /// A name that is no coordinate, constant or function.
    #[error("`{name}` at column {column} is not known; names: x, y, z, pi, e, {functions}", functions = function_names())]
    UnknownName {
        /// 1-based column in the text.
        column: usize,
        /// The name.
        name: String,
    },
    /// A coordinate that the domain does not have.
    #[error("`z` at column {column} is no coordinate of the circle; coordinates: x, y")]
    NoSuchCoordinate {
        /// 1-based column in the text.
        column: usize,
    },
    /// More nested parentheses and signs than any formula needs.
    #[error("nested more than {MOST_NESTED} deep at column {column}")]
    TooDeep {
        /// 1-based column in the text.
        column: usize,
    },
    /// Longer than any formula needs.
    #[error("longer than {LONGEST} characters")]
    TooLong,
}

/// Longest text, in bytes: bounds the depth of the tree.
const LONGEST: usize = 10_000;

const MOST_NESTED: usize = 100;

fn function_names() -> String {
    [&FUNCTIONS[..], &BINARY_FUNCTIONS[..]].concat().join(", ")
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Constant(f64),
    Coordinate(usize),
    Negate(Box<Node>),
    Call(&'static str, Box<Node>),
    Binary(char, Box<Node>, Box<Node>),
    CallBinary(&'static str, Box<Node>, Box<Node>),
}

/// A value with its derivatives by the three coordinates.
#[derive(Debug, Clone, Copy)]
struct Dual {
    value: f64,
    gradient: [f64; 3],
}

impl Dual {
    fn constant(value: f64) -> Self {
        Self { value, gradient: [0.0; 3] }
    }

    /// The chain rule: `value = f(self)`, `slope = f'(self)`.
    fn chain(self, value: f64, slope: f64) -> Self {
        // A factor of zero stays zero where the other is infinite: sqrt(x^2) at 0, 0 * log(0).
        Self { value, gradient: self.gradient.map(|g| if g == 0.0 { 0.0 } else { slope * g }) }
    }

    fn combine(self, other: Self, value: f64, by_self: f64, by_other: f64) -> Self {
        let (a, b) = (self.chain(value, by_self), other.chain(value, by_other));
        Self { value, gradient: std::array::from_fn(|i| a.gradient[i] + b.gradient[i]) }
    }
}

/// An expression in `x`, `y` and, on the sphere, `z`.
///
/// ```
/// use sphereflow_solver::Expression;
/// let potential = Expression::parse("-x^2 + exp(y)", 2).unwrap();
/// let mut gradient = [0.0; 2];
/// assert_eq!(potential.evaluate(&[3.0, 0.0]), -8.0);
/// assert_eq!(potential.gradient(&[3.0, 0.0], &mut gradient), -8.0);
/// assert_eq!(gradient, [-6.0, 1.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    root: Node,
}

impl Expression {
    /// Reads an expression in the first `dim` of the coordinates x, y, z.
    ///
    /// # Errors
    /// When the text is not an expression, with the column.
    pub fn parse(text: &str, dim: usize) -> Result<Self, ExpressionError> {
        if text.len() > LONGEST {
            return Err(ExpressionError::TooLong);
        }
        let mut parser = Parser { text, at: 0, dim, depth: 0 };
        let root = parser.sum()?;
        parser.skip_space();
        if parser.at < text.len() {
            return Err(parser.unexpected("an operator or the end"));
        }
        Ok(Self { root })
    }

    /// The value at a point.
    pub fn evaluate(&self, point: &[f64]) -> f64 {
        evaluate(&self.root, point).value
    }

    /// Sets `gradient` to the Cartesian gradient at a point and returns the value.
    pub fn gradient(&self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let dual = evaluate(&self.root, point);
        gradient.copy_from_slice(&dual.gradient[..gradient.len()]);
        dual.value
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        Self::parse(text, 3)
    }
}

fn evaluate(node: &Node, point: &[f64]) -> Dual {
    match node {
        Node::Constant(value) => Dual::constant(*value),
        Node::Coordinate(axis) => {
            let mut dual = Dual::constant(point[*axis]);
            dual.gradient[*axis] = 1.0;
            dual
        }
        Node::Negate(node) => {
            let dual = evaluate(node, point);
            dual.chain(-dual.value, -1.0)
        }
        Node::Call(name, node) => call(name, evaluate(node, point)),
        Node::Binary(operator, a, b) => binary(*operator, evaluate(a, point), evaluate(b, point)),
        Node::CallBinary(name, a, b) => call_binary(name, evaluate(a, point), evaluate(b, point)),
    }
}

fn binary(operator: char, a: Dual, b: Dual) -> Dual {
    let (x, y) = (a.value, b.value);
    match operator {
        '+' => a.combine(b, x + y, 1.0, 1.0),
        '-' => a.combine(b, x - y, 1.0, -1.0),
        '*' => a.combine(b, x * y, y, x),
        '/' => a.combine(b, x / y, 1.0 / y, -x / (y * y)),
        _ => power(a, b),
    }
}

fn power(a: Dual, b: Dual) -> Dual {
    let (x, y) = (a.value, b.value);
    let by_base = if y == 0.0 { 0.0 } else { y * x.powf(y - 1.0) };
    let by_exponent = if x == 0.0 { 0.0 } else { x.powf(y) * x.ln() };
    a.combine(b, x.powf(y), by_base, by_exponent)
}

fn call(name: &str, a: Dual) -> Dual {
    // A coordinate of a unit vector may overshoot 1 by round-off.
    let x = match name {
        "asin" | "acos" if a.value.abs() < 1.0 + 1e-14 => a.value.clamp(-1.0, 1.0),
        _ => a.value,
    };
    let (value, slope) = match name {
        "sin" => (x.sin(), x.cos()),
        "cos" => (x.cos(), -x.sin()),
        "tan" => (x.tan(), 1.0 + x.tan().powi(2)),
        "asin" => (x.asin(), 1.0 / (1.0 - x * x).sqrt()),
        "acos" => (x.acos(), -1.0 / (1.0 - x * x).sqrt()),
        "atan" => (x.atan(), 1.0 / (1.0 + x * x)),
        "sinh" => (x.sinh(), x.cosh()),
        "cosh" => (x.cosh(), x.sinh()),
        "tanh" => (x.tanh(), 1.0 - x.tanh().powi(2)),
        "exp" => (x.exp(), x.exp()),
        "log" | "ln" => (x.ln(), 1.0 / x),
        "sqrt" => (x.sqrt(), 0.5 / x.sqrt()),
        "abs" => (x.abs(), if x == 0.0 { 0.0 } else { x.signum() }),
        "sign" => (if x == 0.0 { 0.0 } else { x.signum() }, 0.0),
        _ => (x.max(0.0), f64::from(u8::from(x > 0.0))),
    };
    a.chain(value, slope)
}

fn call_binary(name: &str, a: Dual, b: Dual) -> Dual {
    let (x, y) = (a.value, b.value);
    match name {
        "min" => {
            if y < x {
                b
            } else {
                a
            }
        }
        "max" => {
            if y > x {
                b
            } else {
                a
            }
        }
        "atan2" => a.combine(b, x.atan2(y), y / (x * x + y * y), -x / (x * x + y * y)),
        _ => power(a, b),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    dim: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn column(&self) -> usize {
        self.text[..self.at].chars().count() + 1
    }

    fn unexpected(&self, expected: &str) -> ExpressionError {
        let found = self.rest().chars().next().map_or("the end".to_owned(), |c| format!("`{c}`"));
        ExpressionError::Unexpected { column: self.column(), expected: expected.to_owned(), found }
    }

    /// Takes one of `operators`, if it comes next.
    fn take(&mut self, operators: &str) -> Option<char> {
        self.skip_space();
        let next = self.rest().chars().next().filter(|c| operators.contains(*c))?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn expect(&mut self, what: &str) -> Result<(), ExpressionError> {
        self.take(what).map(|_| ()).ok_or_else(|| self.unexpected(&format!("`{what}`")))
    }

    fn sum(&mut self) -> Result<Node, ExpressionError> {
        self.left_associative("+-", Self::product)
    }

    fn product(&mut self) -> Result<Node, ExpressionError> {
        self.left_associative("*/", Self::signed)
    }

    fn left_associative(
        &mut self,
        operators: &str,
        operand: fn(&mut Self) -> Result<Node, ExpressionError>,
    ) -> Result<Node, ExpressionError> {
        let mut left = operand(self)?;
        while let Some(operator) = self.take(operators) {
            left = Node::Binary(operator, Box::new(left), Box::new(operand(self)?));
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Node, ExpressionError> {
        self.depth += 1;
        if self.depth > MOST_NESTED {
            return Err(ExpressionError::TooDeep { column: self.column() });
        }
        let node = match self.take("+-") {
            Some('-') => Node::Negate(Box::new(self.signed()?)),
            Some(_) => self.signed()?,
            None => self.power()?,
        };
        self.depth -= 1;
        Ok(node)
    }

    fn power(&mut self) -> Result<Node, ExpressionError> {
        let base = self.atom()?;
        Ok(match self.take("^") {
            Some(_) => Node::Binary('^', Box::new(base), Box::new(self.signed()?)),
            None => base,
        })
    }

    fn atom(&mut self) -> Result<Node, ExpressionError> {
        self.skip_space();
        match self.rest().chars().next() {
            Some('(') => {
                self.expect("(")?;
                let node = self.sum()?;
                self.expect(")")?;
                Ok(node)
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_alphabetic() => self.name(),
            _ => Err(self.unexpected("a number, a coordinate, a function or `(`")),
        }
    }

    fn number(&mut self) -> Result<Node, ExpressionError> {
        let bytes = self.rest().as_bytes();
        let mut end = 0;
        while end < bytes.len() {
            let exponent_sign =
                matches!(bytes[end], b'+' | b'-') && end > 0 && matches!(bytes[end - 1], b'e' | b'E');
            let exponent = matches!(bytes[end], b'e' | b'E')
                && bytes.get(end + 1).is_some_and(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-'));
            if !(bytes[end].is_ascii_digit() || bytes[end] == b'.' || exponent || exponent_sign) {
                break;
            }
            end += 1;
        }
        let value = self.rest()[..end].parse().map_err(|_| self.unexpected("a number"))?;
        self.at += end;
        Ok(Node::Constant(value))
    }

    fn name(&mut self) -> Result<Node, ExpressionError> {
        let rest = self.rest();
        let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())];
        let column = self.column();
        self.at += name.len();
        match name {
            "x" => Ok(Node::Coordinate(0)),
            "y" => Ok(Node::Coordinate(1)),
            "z" if self.dim < 3 => Err(ExpressionError::NoSuchCoordinate { column }),
            "z" => Ok(Node::Coordinate(2)),
            "pi" => Ok(Node::Constant(std::f64::consts::PI)),
            "e" => Ok(Node::Constant(std::f64::consts::E)),
            _ => self.call(name, column),
        }
    }

    fn call(&mut self, name: &str, column: usize) -> Result<Node, ExpressionError> {
        if let Some(name) = FUNCTIONS.into_iter().find(|f| *f == name) {
            self.expect("(")?;
            let argument = self.sum()?;
            self.expect(")")?;
            return Ok(Node::Call(name, Box::new(argument)));
        }
        let name = BINARY_FUNCTIONS
            .into_iter()
            .find(|f| *f == name)
            .ok_or_else(|| ExpressionError::UnknownName { column, name: name.to_owned() })?;
        self.expect("(")?;
        let first = self.sum()?;
        self.expect(",")?;
        let second = self.sum()?;
        self.expect(")")?;
        Ok(Node::CallBinary(name, Box::new(first), Box::new(second)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, point: [f64; 3]) -> f64 {
        Expression::parse(text, 3).unwrap().evaluate(&point)
    }

    #[test]
    fn precedence_is_that_of_written_mathematics() {
        let p = [3.0, 2.0, 0.5];
        for (text, value) in [
            ("-x^2", -9.0),
            ("2^3^2", 512.0),
            ("2*-x^2", -18.0),
            ("1 - 2 - 3", -4.0),
            ("8/4/2", 1.0),
            ("2^-y", 0.25),
            ("-0.5 * z", -0.25),
            ("1e-3 + 2.5E+1", 25.001),
            ("2*e", 2.0 * std::f64::consts::E),
            ("max(x, y) + min(x, y)", 5.0),
            ("abs(-x) * relu(-x)", 0.0),
            ("(x + y) * (x - y)", 5.0),
        ] {
            assert!((at(text, p) - value).abs() < 1e-14, "{text} = {} and not {value}", at(text, p));
        }
    }

    #[test]
    fn law_gradient_is_the_derivative() {
        for text in [
            "sin(x)*cos(y) + tan(z)",
            "exp(-x^2) / (2 + y*z)",
            "tanh(x) * atan2(y, x) + sqrt(x*x + 1)",
            "pow(x, y) + x^z + log(x)",
            "max(x*y, z) - min(x, y*z) + abs(y - x)",
            "asin(z) + acos(z/2) + atan(y) + sinh(x) - cosh(z)",
        ] {
            let expression = Expression::parse(text, 3).unwrap();
            let p = [0.7, -0.4, 0.3].map(f64::abs);
            let mut gradient = [0.0; 3];
            expression.gradient(&p, &mut gradient);
            for axis in 0..3 {
                let h = 1e-5;
                let moved = |h: f64| {
                    let mut p = p;
                    p[axis] += h;
                    expression.evaluate(&p)
                };
                let difference = (moved(h) - moved(-h)) / (2.0 * h);
                assert!((gradient[axis] - difference).abs() < 1e-8, "{text}, axis {axis}");
            }
        }
    }

    #[test]
    fn mistakes_are_named_with_their_column() {
        for (text, message) in [
            ("", "expected a number, a coordinate, a function or `(` at column 1, found the end"),
            ("1 + ", "expected a number, a coordinate, a function or `(` at column 5, found the end"),
            ("2 x", "expected an operator or the end at column 3, found `x`"),
            ("sin x", "expected `(` at column 5, found `x`"),
            ("(x", "expected `)` at column 3, found the end"),
            ("z", "`z` at column 1 is no coordinate of the circle; coordinates: x, y"),
            ("1.2.3", "expected a number at column 1, found `1`"),
        ] {
            assert_eq!(Expression::parse(text, 2).unwrap_err().to_string(), message, "{text}");
        }
        assert!(
            Expression::parse("x + theta", 2).unwrap_err().to_string().starts_with("`theta` at column 5")
        );
        assert_eq!(Expression::parse(&"x+".repeat(100_000), 2), Err(ExpressionError::TooLong));
        let deep = "-".repeat(1000);
        assert!(matches!(Expression::parse(&deep, 2), Err(ExpressionError::TooDeep { .. })));
        let deep = "(".repeat(1000);
        assert!(matches!(Expression::parse(&deep, 2), Err(ExpressionError::TooDeep { .. })));
    }
}
