//! Every mistake with its exact words, all of them at once, and their lines.

use super::super::Config;
use super::{CIRCLE, KERNEL, SPHERE, printed, read, read_contract};

#[test]
fn law_mistakes_say_what_where_and_what_instead() {
    let cases: Vec<_> =
        include_str!("mistakes.txt").split("\n\n").filter(|case| !case.starts_with('#')).collect();
    assert_eq!(cases.len(), 166);
    for case in cases {
        let (head, expected) =
            case.split_once('\n').unwrap_or_else(|| panic!("nothing is expected of {case}"));
        let (name, edit) = head.split_once(": ").unwrap_or_else(|| panic!("no configuration in {head}"));
        let (part, replacement) =
            edit.split_once(" => ").unwrap_or_else(|| panic!("no replacement in {head}"));
        let text = match name {
            "CIRCLE" => CIRCLE,
            "SPHERE" => SPHERE,
            "KERNEL" => KERNEL,
            other => panic!("there is no configuration {other}"),
        };
        let (part, replacement) =
            (part.replace("\\n", "\n"), replacement.replace("\\n", "\n").replace("(nothing)", ""));
        assert!(text.contains(&part), "{head}");
        assert_eq!(printed(&text.replacen(&part, &replacement, 1), &[]), expected.trim_end(), "{head}");
    }
}

#[test]
fn law_base_configurations_are_right() {
    for text in [CIRCLE, SPHERE, KERNEL] {
        assert_eq!(printed(text, &[]), "");
    }
}

#[test]
fn law_every_mistake_is_reported_at_once_in_the_order_of_the_file() {
    let text = "titel = 1\n[domain]\nkind = \"sphere\"\nlevel = 13\nmash = \"flat\"\n[objective]\nkind = \"network\"\n\
                loss = 3\n[[objective.teacher]]\ninput = [nan, 1, 0]\n[scheme]\nlimiter = \"positivity\"\n\
                [time]\ncfl = 0\n[flow]\nreaction = \"4\"\n";
    let settings = ["particles.count=0".to_owned()];
    let mistakes = Config::parse(text, "run.toml", &settings).unwrap_err();
    let found: Vec<_> = mistakes.list().iter().map(|mistake| (mistake.key.as_str(), mistake.line)).collect();
    let expected = [
        ("titel", Some(1)),
        ("domain.level", Some(4)),
        ("domain.mash", Some(5)),
        ("objective.loss", Some(8)),
        ("objective.teacher[0].input[0]", Some(10)),
        ("scheme.limiter", Some(12)),
        ("time.end", Some(13)),
        ("time.cfl", Some(14)),
        ("flow.reaction", Some(16)),
        ("particles.count", None),
    ];
    assert_eq!(found, expected);
    let setting = mistakes.list().last().and_then(|mistake| mistake.setting.as_deref());
    assert_eq!((setting, mistakes.source_name()), (Some("particles.count=0"), "run.toml"));
}

#[test]
fn law_empty_file_lacks_the_three_keys_without_a_default() {
    let lines = [
        "error: `domain.kind` is missing (run.toml)",
        "  hint: choices: circle, sphere",
        "error: `objective.kind` is missing (run.toml)",
        "  hint: choices: network, kernel, deconvolution, second-moment, linear",
        "error: `time.end` is missing (run.toml)",
        "  hint: for example `end = 10.0` below `[time]`",
    ];
    assert_eq!(printed("", &[]), lines.join("\n"));
}

#[test]
fn law_lines_are_those_of_the_key_in_every_way_to_write_it() {
    let line = |text: &str| Config::parse(text, "", &[]).unwrap_err().list()[0].line;
    let rest = "\n[objective]\nkind = \"linear\"\npotential = \"x\"\n[time]\nend = 1\n";
    assert_eq!(
        line(&format!("\r\n# comment\r\ndomain.kind = \"circle\"\r\ndomain.cells = 1{rest}")),
        Some(4)
    );
    assert_eq!(line(&format!("domain = {{ kind = \"circle\",\n  cells = 1 }}{rest}")), Some(2));
    assert_eq!(line(&format!("[domain]\nkind = \"circle\"\n\ncells =  1{rest}")), Some(4));
    let listed = "[domain]\nkind = \"circle\"\n[time]\nend = 1\n[objective]\nkind = \"kernel\"\n\
                  target = [\n  { angle = 1 },\n  { angle = 2,\n    mass = 0 },\n]\n";
    assert_eq!(line(listed), Some(10));
    let headed = "[domain]\nkind = \"circle\"\n[time]\nend = 1\n[objective]\nkind = \"kernel\"\n\
                  [[objective.target]]\nangle = 1\n[[objective.target]]\nmass = 1\n";
    assert_eq!(line(headed), Some(9));
    let split = "[objective.data]\nsource = \"file\"\nfile = \"a.csv\"\n[objective]\nfeature = \"ridge\"\n\
                 [domain]\nkind = \"circle\"\n[time]\nend = 1\n";
    assert_eq!(line(split), Some(4));
}

#[test]
fn law_what_is_to_come_is_checked_as_well() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        (
            CIRCLE,
            &["particles.method=sgd"],
            &[
                "error: `particles.method = \"sgd\"` does not go with a finite `objective.data.samples` \
                 (`--set particles.method=sgd`)",
                "  hint: it draws fresh samples at every step, from a gaussian or from clusters",
            ],
        ),
        (
            SPHERE,
            &["scheme.order=5", "scheme.velocity=two-point"],
            &[
                "error: `scheme.velocity = \"two-point\"` does not go with `scheme.order = 5` \
                 (`--set scheme.velocity=two-point`)",
                "  hint: orders 3 and 5 need `velocity = \"exact\"`, their default",
                "error: `scheme.order = 5` does not go with `domain.kind = \"sphere\"` (`--set scheme.order=5`)",
                "  hint: on the sphere: 1, 2, 3",
            ],
        ),
        (
            CIRCLE,
            &["scheme={method='characteristics',order=2}"],
            &[
                "error: `scheme.order` does not go with `scheme.method = \"characteristics\"` \
                 (`--set scheme={method='characteristics',order=2}`)",
                "  hint: it belongs to `\"finite-volume\"`; leave it out",
            ],
        ),
    ];
    for (text, overrides, lines) in cases {
        assert_eq!(read_contract(text, overrides).unwrap_err(), lines.join("\n"), "{overrides:?}");
    }
}

#[test]
fn law_wrong_value_is_not_blamed_on_its_neighbours() {
    let orders = printed(CIRCLE, &["scheme.order=4", "scheme.limiter=positivity"]);
    assert_eq!(orders.lines().filter(|line| line.starts_with("error")).count(), 1, "{orders}");
    let kinds = printed(CIRCLE, &["objective.feature=rigde", "objective.teacher.0.input=[1]"]);
    assert_eq!(kinds.lines().filter(|line| line.starts_with("error")).count(), 1, "{kinds}");
    assert_eq!(read(CIRCLE, &["objective.feature=ridge"]), read(CIRCLE, &[]));
}
