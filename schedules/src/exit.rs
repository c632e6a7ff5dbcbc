//! How the program ends.

use std::process::ExitCode;

use peil_warehouse::Error;

/// How the program ends. The numbers are part of what the outside relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All is done.
    Done,
    /// It failed.
    Failed,
    /// The usage or the configuration is wrong.
    Usage,
    /// Done, but a delivery was refused or a quality check failed.
    Incomplete,
}

impl Exit {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
        }
    }
}

impl From<&Error> for Exit {
    fn from(error: &Error) -> Self {
        match error {
            Error::Usage(_) => Self::Usage,
            Error::Source(_) | Error::Storage(_) | Error::Internal(_) => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_fixed() {
        let codes = [Exit::Done, Exit::Failed, Exit::Usage, Exit::Incomplete].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3]);
    }

    #[test]
    fn who_must_act_decides_the_code() {
        assert_eq!(Exit::from(&Error::usage("a")), Exit::Usage);
        assert_eq!(Exit::from(&Error::source("a")), Exit::Failed);
        assert_eq!(Exit::from(&Error::storage("a")), Exit::Failed);
        assert_eq!(Exit::from(&Error::internal("a")), Exit::Failed);
    }
}
