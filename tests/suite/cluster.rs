//! The marts computed on a cluster: the same bytes, also where an executor is
//! lost in the middle of it.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use peil_tests::{AS_OF, Site};
use peil_warehouse::clock::Stopwatch;

/// Whether the program under test was built with clusters.
fn has_clusters() -> bool {
    let said = Site::empty().peil(&["cluster", "scheduler", "--listen", "192.0.2.1:1"]).stderr;
    let without = said.contains("built without clusters");
    if without {
        eprintln!("skipped: the program was built without clusters (--features cluster)");
    }
    !without
}

/// Two ports after one another that nobody uses.
fn ports() -> u16 {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if TcpListener::bind(("127.0.0.1", first.saturating_add(1))).is_ok() {
            return first;
        }
    }
}

/// A process of a cluster, ended with the test.
struct Server(Child);

impl Server {
    fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A scheduler and two executors over the warehouse of a site.
struct Cluster {
    address: String,
    executors: Vec<Server>,
    _scheduler: Server,
}

impl Cluster {
    fn over(site: &Site) -> Self {
        let port = ports();
        let address = format!("df://127.0.0.1:{port}");
        let listen = format!("127.0.0.1:{port}");
        let scheduler =
            Server::start(&mut site.command(&["cluster", "scheduler", "--listen", &listen, "--lost-after", "10"], &[]));
        await_port(port);
        let executors = ["one", "two"].map(|name| {
            let port = ports();
            let work = site.folder().join(name);
            let listen = format!("127.0.0.1:{port}");
            let executor = Server::start(&mut site.command(
                &[
                    "cluster",
                    "executor",
                    "--scheduler",
                    &address,
                    "--listen",
                    &listen,
                    "--cores",
                    "1",
                    "--memory",
                    "256",
                    "--work",
                    work.to_str().unwrap(),
                ],
                &[],
            ));
            await_port(port);
            executor
        });
        Self { address, executors: executors.into(), _scheduler: scheduler }
    }
}

fn await_port(port: u16) {
    let watch = Stopwatch::start();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(watch.seconds() < 60.0, "nobody answers at port {port}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_cluster_gives_the_same_marts_also_where_an_executor_is_lost() {
    if !has_clusters() {
        return;
    }
    let alone = Site::published();
    let site = Site::copy_of(alone);
    let mut cluster = Cluster::over(&site);
    let engine = format!("{}?partitions=2", cluster.address);
    let run = ["marts", "--as-of", AS_OF, "--full", "--engine", &engine];
    let answer = site.peil(&run);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert_eq!(site.files("marts"), alone.files("marts"));
    assert!(
        !site.warehouse().join("_cluster").exists()
            || peil_tests::files_below(&site.warehouse().join("_cluster")).is_empty()
    );
    // Both did a share of it.
    for name in ["one", "two"] {
        assert!(peil_tests::files_below(&site.folder().join(name)).len() > 2, "the executor {name} did nothing");
    }

    // One is killed once it has begun to hand on rows of this run.
    let seen = peil_tests::files_below(&site.folder().join("one")).len();
    let mut second = site.command(&run, &[]);
    let mut second = second.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while peil_tests::files_below(&site.folder().join("one")).len() < seen + 40 {
        assert!(second.try_wait().unwrap().is_none(), "it ended before an executor could be killed");
        std::thread::sleep(Duration::from_millis(10));
    }
    cluster.executors[0].kill();
    let ended = second.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(site.files("marts"), alone.files("marts"));
}
