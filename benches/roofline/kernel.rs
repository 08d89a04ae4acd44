//! What is measured: a loop over items, with what it must move and compute.

use std::sync::Arc;

use sphereflow::mesh::Mesh;

/// One repetition of a loop.
pub type Work = Box<dyn FnMut() + Send>;

/// A loop over items.
pub struct Kernel {
    /// Cells, particles or numbers.
    pub items: usize,
    /// What an item costs at least.
    pub count: Count,
    /// Bytes that a repetition goes over, which say in what cache they lie.
    pub resident: f64,
    /// Where its bytes go.
    pub to: Destination,
    /// One repetition.
    pub work: Work,
}

/// The least that an item costs, by the counts that stand at each kernel.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    /// Bytes of the arrays that must be read and written, each once a pass, without write-allocation, as the triad's 24.
    pub bytes: f64,
    /// Additions, multiplications, divisions, roots, comparisons and roundings, each one; a fused multiply-add is two.
    pub flops: f64,
}

impl Kernel {
    /// A loop over arrays that are not touched twice: as many bytes lie about as are moved.
    pub fn streaming(items: usize, count: Count, work: Work) -> Self {
        Self { items, count, resident: count.bytes * items as f64, to: Destination::Memory, work }
    }
}

/// What bounds the rate at which bytes are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// The triad.
    Memory,
    /// Plain writing.
    File,
}

/// A kernel that is made when its turn comes.
pub struct Case {
    /// `operation/domain/size`: cells on the circle, level on the sphere, else points.
    pub name: String,
    /// Makes it.
    pub make: Box<dyn Fn(&mut Meshes) -> Kernel>,
}

impl Case {
    /// A case of this name.
    pub fn new(name: impl Into<String>, make: impl Fn(&mut Meshes) -> Kernel + 'static) -> Self {
        Self { name: name.into(), make: Box::new(make) }
    }
}

/// A domain with its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// The circle in so many cells.
    Circle(usize),
    /// The sphere of a level.
    Sphere(u32),
}

impl Domain {
    /// As it stands in names.
    pub fn name(self) -> String {
        match self {
            Self::Circle(cells) => format!("circle/{cells}"),
            Self::Sphere(level) => format!("sphere/{level}"),
        }
    }

    /// Its mesh, built anew.
    pub fn build(self) -> Mesh {
        match self {
            Self::Circle(cells) => Mesh::circle(cells).expect("enough cells"),
            Self::Sphere(level) => Mesh::sphere(1 << level).expect("a subdivision"),
        }
    }

    /// One of two numbers, that of the circle or that of the sphere.
    pub fn pick<T>(self, circle: T, sphere: T) -> T {
        match self {
            Self::Circle(_) => circle,
            Self::Sphere(_) => sphere,
        }
    }
}

/// The meshes built so far.
#[derive(Default)]
pub struct Meshes(Vec<(Domain, Arc<Mesh>)>);

impl Meshes {
    /// The mesh of a domain.
    pub fn of(&mut self, domain: Domain) -> Arc<Mesh> {
        if let Some((_, mesh)) = self.0.iter().find(|(built, _)| *built == domain) {
            return mesh.clone();
        }
        let mesh = Arc::new(domain.build());
        self.0.push((domain, mesh.clone()));
        mesh
    }
}
