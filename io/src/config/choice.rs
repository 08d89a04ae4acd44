//! Keys whose value is one of a few names.

/// A type whose values are written in a configuration as names.
pub(super) trait Choice: Copy + std::fmt::Display + 'static {
    /// Every name with its value, in the order in which a hint lists them.
    const ALL: &'static [(&'static str, Self)];
}

/// Defines an enum together with the names of its values, so that reading, writing and hints share one
/// list.
macro_rules! choices {
    ($(#[$meta:meta])* $visibility:vis enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $visibility enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $crate::config::choice::Choice for $name {
            const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$variant),)+];
        }

        impl $name {
            /// The name in a configuration.
            $visibility const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.name())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}

pub(super) use choices;
