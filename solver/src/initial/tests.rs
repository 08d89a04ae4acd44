//! Masses and means of initial measures, and what is refused.

use super::*;
use crate::objective::ZonalKernel;

fn mean_cosine(points: &Array2<f64>, direction: &[f64]) -> f64 {
    points.rows().into_iter().map(|p| p.iter().zip(direction).map(|(a, b)| a * b).sum::<f64>()).sum::<f64>()
        / points.nrows() as f64
}

#[test]
fn law_samples_have_the_mean_of_their_distribution() {
    let count = 40_000;
    for kappa in [1e-7, 0.005, 0.5, 4.0, 60.0] {
        for direction in [vec![0.6, -0.8], vec![0.36, -0.48, 0.8]] {
            let dim = direction.len();
            let kernel = ZonalKernel::VonMisesFisher { concentration: kappa };
            // Mean resultant length: I_1 / I_0 on the circle, coth kappa - 1 / kappa on the sphere.
            let k = kernel.coefficients(dim, 1e-15).unwrap();
            let exact = k[1] / k[0];
            let component =
                Component { mass: 2.0, direction: direction.clone(), concentration: kappa, sheet: None };
            let measure = InitialMeasure::VonMisesFisher(vec![component]);
            let atoms = measure.sample(dim, &[1.0, -1.0], count, 7).unwrap();
            let mean = mean_cosine(&atoms.points().to_owned(), &direction);
            assert!(
                (mean - exact).abs() < 4.0 / (count as f64).sqrt(),
                "{dim}, {kappa}: {mean} and not {exact}"
            );
            assert!((atoms.total_mass() - 2.0).abs() < 1e-10);
            assert!(atoms.signs().iter().sum::<f64>().abs() < 4.0 * (count as f64).sqrt());
        }
    }
    let measure = InitialMeasure::Density("0.3 * (1 + x)".parse().unwrap());
    let atoms = measure.sample(3, &[1.0], count, 1).unwrap();
    assert!((mean_cosine(&atoms.points().to_owned(), &[1.0, 0.0, 0.0]) - 1.0 / 3.0).abs() < 0.015);
    assert!((atoms.total_mass() - 0.3 * 4.0 * PI).abs() < 1e-10);
}

#[test]
fn law_masses_on_cells_and_nodes_are_those_asked_for() {
    let component =
        Component { mass: 0.7, direction: vec![0.0, 0.0, 1.0], concentration: 5.0, sheet: Some(-1.0) };
    let measure = InitialMeasure::VonMisesFisher(vec![component]);
    let mesh = Mesh::sphere(8).unwrap();
    let density = measure.on_cells(&mesh, &[1.0, -1.0]).unwrap();
    let mass: f64 = density.iter().zip(mesh.measures().iter().cycle()).map(|(n, a)| n * a).sum();
    assert!((mass - 0.7).abs() < 1e-13);
    assert!(density[..mesh.cells()].iter().all(|n| *n == 0.0));
    let nodes = measure.nodes(3, 2, &[1.0, -1.0], 1000).unwrap();
    assert!((nodes.total_mass() - 0.7).abs() < 1e-13);
}

#[test]
fn bad_densities_are_refused() {
    let mesh = Mesh::circle(8).unwrap();
    let on_cells = |text: &str| InitialMeasure::Density(text.parse().unwrap()).on_cells(&mesh, &[1.0]);
    assert!(matches!(on_cells("x"), Err(InitialError::BadDensity { value, .. }) if value < 0.0));
    assert!(matches!(on_cells("1/(x-x)"), Err(InitialError::BadDensity { .. })));
    assert!(matches!(on_cells("0"), Err(InitialError::NoMass { .. })));
    let narrow = InitialMeasure::Density("exp(1e7 * (x - 1))".parse().unwrap());
    assert_eq!(narrow.sample(3, &[1.0], 10, 0), Err(InitialError::TooConcentrated));
}

#[test]
fn law_cells_are_checked_without_a_mesh_as_with_one() {
    let spike = |angle: f64, concentration| {
        let direction = vec![angle.cos(), angle.sin()];
        vec![Component { mass: 1.0, direction, concentration, sheet: None }]
    };
    let formula = |text: &str| InitialMeasure::Density(text.parse().unwrap());
    let mut measures: Vec<_> =
        ["x", "0.3 + x", "1 + x", "1/(x-x)", "0", "1e308 * (1 + x)", "exp(-900 * (1 - y))"]
            .map(formula)
            .into();
    measures.extend([0.0, 1.0, 1e308].map(|mass| InitialMeasure::Uniform { mass }));
    // Narrow enough to lie between the cells, in some places.
    measures.extend((0..40).map(|k| InitialMeasure::VonMisesFisher(spike(0.01 * f64::from(k), 2.4e5))));
    let mut refused = 0;
    for mesh in [3, 7, 64].map(|cells| Mesh::circle(cells).unwrap()) {
        let center = mesh.domain().centers().unwrap();
        for measure in &measures {
            let by_mesh = measure.on_cells(&mesh, &[1.0, -1.0]).map(drop).map_err(|e| e.to_string());
            let without = measure.check_cells(2, mesh.cells(), &center).map_err(|e| e.to_string());
            assert_eq!(without, by_mesh, "{measure:?} on {} cells", mesh.cells());
            refused += usize::from(without.is_err());
        }
    }
    assert!((90..110).contains(&refused), "{refused}");
}
