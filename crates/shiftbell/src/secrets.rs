//! Secrets: named by the definitions file, held by the environment or by files, never printed.

use secrecy::SecretString;
use shiftbell_metrics::definitions::SecretFrom;

/// Where the values of environment variables come from. The demo answers for some that are not set.
pub type Env<'a> = &'a (dyn Fn(&str) -> Option<String> + Send + Sync);

/// The environment of this process.
pub fn of_process(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Finds a secret, or says in a sentence why there is none.
pub fn find(from: &SecretFrom, env: Env<'_>) -> Result<SecretString, String> {
    match from {
        SecretFrom::Env(name) => match env(name) {
            Some(value) if !value.trim().is_empty() => Ok(SecretString::from(value.trim().to_owned())),
            Some(_) | None => Err(format!("the environment variable {name} is not set")),
        },
        SecretFrom::File(path) => match std::fs::read_to_string(path) {
            Ok(text) if !text.trim().is_empty() => Ok(SecretString::from(text.trim().to_owned())),
            Ok(_) => Err(format!("the file {path} is empty")),
            Err(error) => Err(format!("the file {path} cannot be read: {error}")),
        },
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_missing_secret_is_named_and_a_found_one_is_not_printed() {
        let env = |name: &str| (name == "HERE").then(|| " s3cret\n".to_owned());
        let found = find(&SecretFrom::Env("HERE".into()), &env).unwrap();
        assert_eq!(found.expose_secret(), "s3cret");
        assert!(!format!("{found:?}").contains("s3cret"));
        assert_eq!(
            find(&SecretFrom::Env("GONE".into()), &env).unwrap_err(),
            "the environment variable GONE is not set"
        );
        let problem = find(&SecretFrom::File("/nowhere/token".into()), &env).unwrap_err();
        assert!(problem.starts_with("the file /nowhere/token cannot be read"), "{problem}");
    }
}
