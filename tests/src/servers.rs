//! Servers that a test starts for itself and that end with it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::{Answer, Site, copy_tree, program};

/// A process that ends with the test, and the lines that it wrote.
pub struct Server {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts `command` and waits for a line that holds `ready`.
    ///
    /// # Panics
    /// Where it cannot be started, or ends before it is ready.
    pub fn start(mut command: Command, ready: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the server starts");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        while !line.contains(ready) {
            line.clear();
            assert!(output.read_line(&mut line).expect("a line") > 0, "{command:?} ended before it was ready");
        }
        let written = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                written.lock().expect("the lines").push(line);
            }
        });
        Self { child, lines }
    }

    /// What it wrote since it was ready.
    ///
    /// # Panics
    /// Where the reader failed.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("the lines").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody uses.
///
/// # Panics
/// Where there is none.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

/// A file of the tests' own data.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

/// An emulated object store.
pub struct Cloud {
    /// The emulator.
    pub server: Server,
    /// Where its bucket is, as `s3://lake`.
    pub url: String,
    /// The port of the emulator.
    port: String,
    variables: Vec<(String, String)>,
}

/// The secret of the emulated S3, which is to be told nowhere.
pub const SECRET: &str = "a-secret-of-the-tests";

impl Cloud {
    /// Amazon S3 by moto, where `TEST_MOTO_PYTHON` names a Python that has it.
    pub fn s3() -> Option<Self> {
        let Ok(python) = std::env::var("TEST_MOTO_PYTHON") else {
            println!("skipped: TEST_MOTO_PYTHON names no Python with moto");
            return None;
        };
        let port = free_port();
        let mut command = Command::new(python);
        command.arg(data("emulate_s3.py")).args([&port.to_string(), "lake"]);
        Some(Self::of(
            Server::start(command, "READY"),
            "s3://lake",
            port,
            &[
                ("AWS_ENDPOINT", format!("http://127.0.0.1:{port}")),
                ("AWS_ALLOW_HTTP", "true".to_owned()),
                ("AWS_REGION", "us-east-1".to_owned()),
                ("AWS_ACCESS_KEY_ID", "tests".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ],
        ))
    }

    /// Azure Blob by Azurite, where `TEST_AZURITE` names it.
    ///
    /// # Panics
    /// Where it makes no container.
    pub fn azure() -> Option<Self> {
        let Ok(azurite) = std::env::var("TEST_AZURITE") else {
            println!("skipped: TEST_AZURITE does not name the program azurite-blob");
            return None;
        };
        let port = free_port().to_string();
        let mut command = Command::new(azurite);
        let flags = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--blobPort"];
        command.args(flags).arg(&port);
        let server = Server::start(command, "successfully listens");
        let made = Command::new("python3").arg(data("upload.py")).args(["az", &port]).status();
        assert!(made.expect("python3").success(), "no container");
        Some(Self::of(
            server,
            "az://lake",
            &port,
            &[
                ("AZURE_STORAGE_USE_EMULATOR", "true".to_owned()),
                ("AZURE_ALLOW_HTTP", "true".to_owned()),
                ("AZURITE_BLOB_STORAGE_URL", format!("http://127.0.0.1:{port}")),
            ],
        ))
    }

    /// Google Cloud Storage by an emulator of our own.
    pub fn google(folder: &Path) -> Option<Self> {
        let port = free_port();
        let mut command = Command::new("python3");
        command.arg(data("emulate_gcs.py")).args([&port.to_string(), "lake"]);
        let server = Server::start(command, "READY");
        let account = folder.join("account.json");
        let text = format!(
            r#"{{"gcs_base_url": "http://127.0.0.1:{port}", "disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": ""}}"#
        );
        std::fs::write(&account, text).ok()?;
        let account = account.to_str()?.to_owned();
        let variables = [("GOOGLE_SERVICE_ACCOUNT", account), ("GOOGLE_ALLOW_HTTP", "true".to_owned())];
        Some(Self::of(server, "gs://lake", port, &variables))
    }

    fn of(server: Server, url: &str, port: impl ToString, variables: &[(&str, String)]) -> Self {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Self { server, url: url.to_owned(), port: port.to_string(), variables }
    }

    /// The program on this store: the landing area of `site` and the warehouse
    /// `warehouse` of the bucket.
    ///
    /// # Panics
    /// Where the program cannot be started.
    pub fn command(&self, site: &Site, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.env_remove("PEIL_CLOCK").env("PEIL_LEASE_SECONDS", "12");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(site.folder()).env("PEIL_LANDING", site.landing());
        command.env("PEIL_WAREHOUSE", format!("{}/warehouse", self.url)).args(arguments);
        command
    }

    /// Copies a landing area to `landing` in the bucket.
    ///
    /// # Panics
    /// Where the store does not take it.
    pub fn upload(&self, landing: &Path) {
        let kind = self.url.split(':').next().expect("a kind");
        let python = std::env::var("TEST_MOTO_PYTHON").ok().filter(|_| kind == "s3");
        let mut command = Command::new(python.unwrap_or_else(|| "python3".to_owned()));
        command.arg(data("upload.py")).args([kind, &self.port]).arg(landing);
        assert!(command.status().expect("python").success(), "the landing area is not copied");
    }

    /// Calls it.
    ///
    /// # Panics
    /// Where the program cannot be started.
    pub fn peil(&self, site: &Site, arguments: &[&str]) -> Answer {
        Answer::of(self.command(site, arguments).output().expect("the program starts"))
    }
}

/// A PostgreSQL server with a database of its own.
pub struct Postgres {
    folder: tempfile::TempDir,
    _server: Server,
    /// The folder of its socket.
    pub port: u16,
}

impl Postgres {
    /// Starts one, where the machine has PostgreSQL's own programs.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start() -> Option<Self> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
        folders.sort();
        let Some(programs) = folders.pop().filter(|folder| folder.join("initdb").exists()) else {
            println!("skipped: there is no PostgreSQL server on this machine");
            return None;
        };
        // As another user: the server refuses to run as root.
        let folder = tempfile::Builder::new().prefix("peil-postgres").tempdir_in("/tmp").expect("a folder");
        let as_user = |name: &str| {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(programs.join(name));
            if !is_root() {
                command = Command::new(programs.join(name));
            }
            command.current_dir("/tmp");
            command
        };
        if is_root() {
            assert!(Command::new("chown").arg("65534:65534").arg(folder.path()).status().expect("chown").success());
        }
        let place = folder.path().join("data");
        let password = folder.path().join("password");
        std::fs::write(&password, SECRET).expect("a password");
        Command::new("chmod").arg("644").arg(&password).status().expect("chmod");
        let made = as_user("initdb")
            .args(["--username=owner", "--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", "--pwfile"])
            .arg(&password)
            .arg("--pgdata")
            .arg(&place)
            .output()
            .expect("initdb");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = free_port();
        let mut command = as_user("postgres");
        command.arg("-D").arg(&place).args(["-h", "127.0.0.1", "-F", "-p", &port.to_string(), "-k"]).arg(folder.path());
        command.args(["-c", "log_destination=stderr"]);
        let mut shell = Command::new("sh");
        let line = format!("{command:?} 2>&1").replace("cd \"/tmp\" && ", "cd /tmp; exec ");
        shell.arg("-c").arg(line);
        let server = Server::start(shell, "ready to accept connections");
        Some(Self { folder, _server: server, port })
    }

    /// Runs statements as the owner.
    ///
    /// # Panics
    /// Where one fails.
    pub fn sql(&self, statements: &str) -> String {
        let output = Command::new("psql")
            .env("PGPASSWORD", SECRET)
            .args(["-h", "127.0.0.1", "-U", "owner", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-qAt", "-p"])
            .arg(self.port.to_string())
            .args(["-c", statements])
            .output()
            .expect("psql");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The folder in which it lives.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0"))
}

/// A copy of the landing area of `site`, for a second machine.
pub fn second_landing(site: &Site) -> Site {
    let other = Site::empty();
    copy_tree(&site.landing(), &other.landing());
    other
}
