//! A session: one client's settings, and the way of a query from its text to
//! a guarded stream of rows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::parser::Statement as EngineStatement;
use datafusion::sql::sqlparser::ast::{Expr, Query, Statement, Value};
use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};

use super::catalogue::{self, Surroundings};
use super::control::{Control, Guarded, Record, StatementPool, lock};
use super::fault::{Answered, Fault, code};
use super::guard::{self, Named, Translation};
use super::journal::Who;
use super::names;
use super::request::{self, Request};
use super::state::State;
use super::text::{Piece, Places, split};
use super::variables::Variables;
use super::{DATABASE, Service};

/// How a query is run, and the columns that it has.
struct Physical {
    schema: SchemaRef,
    plan: Arc<dyn ExecutionPlan>,
    task: Arc<TaskContext>,
}

/// Types of parameters, by `$1`, as far as they are known.
type ParameterTypes = HashMap<String, Option<DataType>>;

/// Functions whose answer is another one each time.
const CHANGING: [&str; 9] =
    ["now(", "random(", "uuid(", "current_date", "current_time", "localtime", "clock_timestamp", "today(", "age("];

/// One client's session.
pub struct Session {
    service: Arc<Service>,
    who: Mutex<Arc<Who>>,
    variables: Mutex<Variables>,
    control: Arc<Control>,
    number: i32,
}

/// What is known of a query before it runs.
#[derive(Debug, Clone)]
pub struct Described {
    /// The columns.
    pub schema: SchemaRef,
    /// The types of its parameters; an unsigned number of 32 bits is an oid.
    pub parameters: Vec<DataType>,
}

/// Who answers a query.
enum Route {
    /// The catalogue of PostgreSQL's own tables and functions.
    Catalogue(catalogue::Plan),
    /// The engine over the marts.
    Engine,
}

impl Session {
    pub(super) fn new(service: Arc<Service>, who: Who, variables: Variables, number: i32) -> Self {
        let control = service.control();
        let (who, variables) = (Mutex::new(Arc::new(who)), Mutex::new(variables));
        Self { service, who, variables, control, number }
    }

    /// The service that it is a session of.
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// The reins of what it does now.
    pub fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// Its settings.
    pub fn variables(&self) -> MutexGuard<'_, Variables> {
        lock(&self.variables)
    }

    /// Its number, for who wants to stop it.
    pub fn number(&self) -> i32 {
        self.number
    }

    /// Who it is for.
    pub fn who(&self) -> Arc<Who> {
        Arc::clone(&lock(&self.who))
    }

    /// Names the program at the other end.
    pub fn rename_application(&self, name: &str) {
        let mut who = lock(&self.who);
        *who = Arc::new(Who { application: name.to_owned(), ..who.as_ref().clone() });
    }

    /// Begins a statement, or goes on with one.
    ///
    /// # Errors
    /// As [`Control::begin`].
    pub async fn begin(&self) -> Answered<()> {
        let time = self.variables().time(self.service.time());
        self.control.begin(time).await
    }

    /// A line of the journal for a statement that begins now.
    pub fn record(&self, text: &str) -> Record {
        Record::new(Arc::clone(&self.control), Arc::clone(&self.service.journal), self.who(), text)
    }

    /// Keeps in the journal that a statement was refused before it ran.
    pub fn refused(&self, text: &str, fault: Fault) -> Fault {
        self.record(text).fail(&fault);
        fault
    }

    /// Runs the one query that a text holds, from its beginning to the end of
    /// its rows: for clients that do not ask for more than that.
    ///
    /// # Errors
    /// Of any kind that a query may have.
    pub async fn sql(&self, text: &str) -> Answered<Guarded> {
        let pieces = split(text)?;
        let piece = match pieces.as_slice() {
            [piece] => piece,
            [] => return Err(Fault::new(code::SYNTAX, "the statement is empty")),
            _ => return Err(Fault::new(code::SYNTAX, "cannot insert multiple commands into one statement")),
        };
        self.begin().await.map_err(|fault| self.refused(text, fault))?;
        let answered = self.control.under(self.one(piece)).await;
        match answered {
            Ok(rows) => Ok(rows.ending()),
            Err(fault) => {
                self.control.end();
                Err(fault)
            }
        }
    }

    async fn one(&self, piece: &Piece) -> Answered<Guarded> {
        match request::read(piece).map_err(|fault| self.refused(&piece.text, fault))? {
            Request::Query(query) | Request::CopyOut { query, .. } => self
                .query(&query, &piece.text, &[], None)
                .await
                .map_err(|fault| self.placed(fault, &query, &piece.text)),
            Request::Explain { query, analyze } => self.explain(&query, &piece.text, analyze).await,
            Request::Show(name) => self.show(name.as_deref(), &piece.text),
            _ => Err(Fault::new(code::FORBIDDEN, "only queries are answered here")),
        }
    }

    /// Puts the place of the column that a fault names into it.
    pub fn placed(&self, fault: Fault, query: &Query, text: &str) -> Fault {
        if fault.position.is_some() || ![code::UNDEFINED_COLUMN, code::AMBIGUOUS].contains(&fault.code) {
            return fault;
        }
        let column = fault.message.split('"').nth(1).and_then(|name| name.rsplit('.').next()).map(str::to_owned);
        let span = column.and_then(|column| guard::place_of(query, &column));
        let position = span.and_then(|span| Places::new(text).position(span));
        fault.at(position)
    }

    /// The columns and parameters of a query; `types` are those parameters
    /// that the client knows.
    ///
    /// # Errors
    /// Where the query is wrong.
    pub async fn describe(&self, query: &Query, types: &[Option<DataType>]) -> Answered<Described> {
        let state = self.service.state().await?;
        let count = guard::parameters(query).max(types.len());
        let known = |number: usize| types.get(number - 1).and_then(Option::as_ref);
        let mut query = query.clone();
        match self.route(&state, &query)? {
            Route::Catalogue(plan) => {
                let inferred = plan.parameters();
                let of =
                    |number: usize| known(number).or_else(|| inferred.get(&number)).cloned().unwrap_or(DataType::Utf8);
                Ok(Described { schema: plan.schema(), parameters: (1..=count).map(of).collect() })
            }
            Route::Engine => {
                guard::bind(&mut query, &|number| known(number).and_then(null_of));
                let (schema, inferred) = match self.planned(&state, query.clone()).await {
                    Ok(planned) => planned,
                    Err(_) if count > 0 => {
                        guard::bind(&mut query, &|_| null_of(&DataType::Utf8));
                        self.planned(&state, query.clone()).await?
                    }
                    Err(fault) => return Err(fault),
                };
                let of = |number: usize| {
                    let found = inferred.get(&format!("${number}")).cloned().flatten();
                    known(number).cloned().or(found).unwrap_or(DataType::Utf8)
                };
                let parameters = (1..=count).map(of).collect();
                Ok(Described { schema: names::shown(&query, &schema), parameters })
            }
        }
    }

    /// Runs a query. `values` stand for its parameters; `schema` is what the
    /// client was told, where it was told before.
    ///
    /// # Errors
    /// Of any kind that a query may have.
    pub async fn query(
        &self,
        query: &Query,
        text: &str,
        values: &[Expr],
        schema: Option<&SchemaRef>,
    ) -> Answered<Guarded> {
        let mut record = self.record(text);
        let opened = self.open(query, values, schema).await;
        match opened {
            Ok((state, schema, inner)) => {
                let (control, rows) = (Arc::clone(&self.control), self.service.limits.rows);
                Ok(Guarded::new(inner, schema, control, record, rows, state))
            }
            Err(fault) => {
                record.fail(&fault);
                Err(fault)
            }
        }
    }

    async fn open(
        &self,
        query: &Query,
        values: &[Expr],
        told: Option<&SchemaRef>,
    ) -> Answered<(Arc<State>, SchemaRef, SendableRecordBatchStream)> {
        let state = self.service.state().await?;
        let mut query = query.clone();
        if guard::parameters(&query) > values.len() {
            return Err(Fault::new("42P02", format!("there is no parameter ${}", values.len() + 1)));
        }
        guard::bind(&mut query, &|number| values.get(number - 1).cloned());
        match self.route(&state, &query)? {
            Route::Catalogue(plan) => {
                let schema = told.cloned().unwrap_or_else(|| plan.schema());
                let batch = state.catalogue.run(&plan, &self.surroundings(&state))?;
                Ok((state, schema, one_batch(batch)))
            }
            Route::Engine => {
                let names = query.clone();
                let translated = self.translate(&state, query);
                let key = translated.to_string();
                if let Some((schema, batches)) = state.answer(&key) {
                    let told = told.cloned().unwrap_or_else(|| names::shown(&names, &schema));
                    let batches = futures::stream::iter(batches.into_iter().map(Ok));
                    return Ok((state, told, Box::pin(RecordBatchStreamAdapter::new(schema, batches))));
                }
                let told = |schema: &SchemaRef| told.cloned().unwrap_or_else(|| names::shown(&names, schema));
                let (told, stream) = self.execute(&state, translated, Some(&key), told).await?;
                Ok((state, told, stream))
            }
        }
    }

    /// Runs a plan; a small answer is kept under its key.
    async fn execute(
        &self,
        state: &Arc<State>,
        translated: Query,
        key: Option<&str>,
        told: impl FnOnce(&SchemaRef) -> SchemaRef + Send,
    ) -> Answered<(SchemaRef, SendableRecordBatchStream)> {
        let Physical { schema, plan, task } = self.physical(state, translated).await?;
        let told = told(&schema);
        let mut stream = execute_stream(plan, task)?;
        let schema = stream.schema();
        let Some(key) = key.filter(|key| is_steady(key)) else { return Ok((told, stream)) };
        // What comes first is awaited: a small answer is kept whole.
        let mut first = Vec::new();
        let mut rows = 0;
        let mut ended = false;
        while rows <= State::KEPT_ROWS {
            match stream.try_next().await? {
                Some(batch) => {
                    rows += batch.num_rows();
                    first.push(batch);
                }
                None => {
                    ended = true;
                    break;
                }
            }
        }
        if ended {
            state.keep(key, &schema, &first);
        }
        let all = futures::stream::iter(first.into_iter().map(Ok)).chain(stream);
        Ok((told, Box::pin(RecordBatchStreamAdapter::new(schema, all))))
    }

    /// How a query is run, with the columns that it has. A future of its own:
    /// that plans may go from thread to thread is proved through every kind of
    /// expression, which is done here once.
    fn physical<'a>(&'a self, state: &'a State, translated: Query) -> BoxFuture<'a, Answered<Physical>> {
        Box::pin(async move {
            let plan = self.plan_translated(state, translated).await?;
            let engine = state.engine();
            let physical = yielding(engine.create_physical_plan(&plan).await?)?;
            let runtime = engine.runtime_env();
            let pool = StatementPool::new(Arc::clone(&self.service.pool), self.service.limits.statement_bytes);
            let own = RuntimeEnv {
                memory_pool: Arc::new(pool),
                disk_manager: Arc::clone(&self.service.disk),
                cache_manager: Arc::clone(&runtime.cache_manager),
                object_store_registry: Arc::clone(&runtime.object_store_registry),
            };
            let task = TaskContext::from(&engine).with_runtime(Arc::new(own));
            Ok(Physical { schema: Arc::clone(plan.schema().inner()), plan: physical, task: Arc::new(task) })
        })
    }

    /// The plan of a query as lines of text; it tells no files.
    ///
    /// # Errors
    /// Where the query is wrong.
    pub async fn explain(&self, query: &Query, text: &str, analyze: bool) -> Answered<Guarded> {
        let mut lines = Vec::new();
        let state = self.service.state().await?;
        match self.route(&state, query)? {
            Route::Catalogue(_) => lines.push("Catalogue".to_owned()),
            Route::Engine => {
                let plan = self.plan(&state, query.clone()).await?;
                let best = state.engine().optimize(&plan)?;
                lines.extend(best.display_indent().to_string().lines().map(str::to_owned));
            }
        }
        if analyze {
            let watch = peil_warehouse::clock::Stopwatch::start();
            let mut rows = self.query(query, text, &[], None).await?;
            let mut count = 0;
            while let Some(batch) = rows.next().await {
                count += batch?.num_rows();
            }
            lines.push(format!("Execution: {count} rows in {:.3} ms", watch.seconds() * 1000.0));
        }
        let column: ArrayRef = Arc::new(StringArray::from(lines));
        self.told(&[("QUERY PLAN", column)], text, state)
    }

    /// A setting's value, or all of them.
    ///
    /// # Errors
    /// [`code::UNDEFINED_OBJECT`] where there is none.
    pub fn show(&self, name: Option<&str>, text: &str) -> Answered<Guarded> {
        let state: Arc<dyn Send + Sync> = Arc::new(());
        let column = |texts: Vec<String>| -> ArrayRef { Arc::new(StringArray::from(texts)) };
        match name {
            None => {
                let (names, values): (Vec<String>, Vec<String>) = self.variables().all().into_iter().unzip();
                let meanings = column(vec![String::new(); names.len()]);
                self.told(
                    &[("name", column(names)), ("setting", column(values)), ("description", meanings)],
                    text,
                    state,
                )
            }
            Some(name) => {
                let value = self.setting(name)?;
                self.told(&[(shown_name(name), column(vec![value]))], text, state)
            }
        }
    }

    /// The columns that SHOW gives.
    ///
    /// # Errors
    /// [`code::UNDEFINED_OBJECT`] where there is no such setting.
    pub fn show_schema(&self, request: &Request) -> Answered<SchemaRef> {
        let text = |name: &str| Field::new(name, DataType::Utf8, true);
        let fields = match request {
            Request::Show(Some(name)) => {
                self.setting(name)?;
                vec![text(shown_name(name))]
            }
            _ => vec![text("name"), text("setting"), text("description")],
        };
        Ok(Arc::new(Schema::new(fields)))
    }

    /// The value of a setting, also of one that follows from who asks.
    ///
    /// # Errors
    /// [`code::UNDEFINED_OBJECT`] where there is none.
    pub fn setting(&self, name: &str) -> Answered<String> {
        match name.to_lowercase().as_str() {
            "session_authorization" => Ok(self.who().user.clone()),
            name => self.variables().get(name),
        }
    }

    fn told(&self, columns: &[(&str, ArrayRef)], text: &str, state: Arc<dyn Send + Sync>) -> Answered<Guarded> {
        let fields: Vec<Field> =
            columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let arrays = columns.iter().map(|(_, column)| Arc::clone(column)).collect();
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(DataFusionError::from)?;
        let (control, record) = (Arc::clone(&self.control), self.record(text));
        Ok(Guarded::new(one_batch(batch), schema, control, record, u64::MAX, state))
    }

    /// Checks a query and finds who answers it.
    fn route(&self, state: &State, query: &Query) -> Answered<Route> {
        let named = guard::inspect(query)?;
        let mut of_catalogue = 0;
        for (table, span) in &named.tables {
            if self.resolve(state, table).is_some() {
                continue;
            }
            if !state.catalogue.has(table) {
                let schema = table.split_once('.').map(|(schema, _)| schema);
                let known =
                    schema.is_none_or(|schema| state.relations().any(|name| name.starts_with(&format!("{schema}."))));
                let fault = Fault::no_relation(table, state.relations());
                let fault = if known { fault } else { fault.hint(schemas_hint(state)) };
                return Err(Fault { position: usize::try_from(span.start.column).ok(), ..fault });
            }
            of_catalogue += 1;
        }
        if of_catalogue < named.tables.len() {
            if of_catalogue > 0 {
                return Err(Fault::new(code::UNSUPPORTED, "marts and pg_catalog cannot be joined in one query"));
            }
            guard::check_table_functions(&named)?;
            return Ok(Route::Engine);
        }
        // A long series is for the engine, which can be stopped.
        if of_catalogue == 0 && named.table_functions.contains("generate_series") {
            return Ok(Route::Engine);
        }
        match state.catalogue.plan(query, &self.surroundings(state)) {
            Ok(plan) => Ok(Route::Catalogue(plan)),
            Err(fault) if of_catalogue == 0 => self.route_without_tables(&named, fault),
            Err(fault) => {
                let text = query.to_string();
                self.service.journal.remark(&format!("catalogue query not understood ({}): {text}", fault.message));
                Err(fault)
            }
        }
    }

    fn route_without_tables(&self, named: &Named, fault: Fault) -> Answered<Route> {
        // What the catalogue knows and finds wrong is wrong.
        if fault.code != code::UNSUPPORTED && fault.code != code::UNDEFINED_FUNCTION {
            return Err(fault);
        }
        guard::check_table_functions(named)?;
        Ok(Route::Engine)
    }

    /// The full name of a table of the warehouse.
    fn resolve(&self, state: &State, table: &str) -> Option<String> {
        if table.contains('.') {
            return state.has(table).then(|| table.to_owned());
        }
        let path = self.variables().search_path();
        // Tools that think of `public` find the marts all the same.
        let schemas = path.iter().map(String::as_str).chain(["marts"]);
        schemas.map(|schema| format!("{schema}.{table}")).find(|name| state.has(name))
    }

    fn translate(&self, state: &State, mut query: Query) -> Query {
        let surroundings = self.surroundings(state);
        let schema_of = |table: &str| {
            self.resolve(state, table).and_then(|full| full.split_once('.').map(|(schema, _)| schema.to_owned()))
        };
        let constant = |name: &str| surroundings.constant(name).map(Value::SingleQuotedString);
        names::name_derived(&mut query);
        Translation::apply(&mut query, &schema_of, &constant);
        names::make_unique(&mut query);
        query
    }

    /// The columns of a query, and the types of its parameters as far as they
    /// follow from it.
    async fn planned(&self, state: &State, query: Query) -> Answered<(SchemaRef, ParameterTypes)> {
        let plan = self.plan(state, query).await?;
        Ok((Arc::clone(plan.schema().inner()), plan.get_parameter_types().unwrap_or_default()))
    }

    async fn plan(&self, state: &State, query: Query) -> Answered<LogicalPlan> {
        let translated = self.translate(state, query);
        self.plan_translated(state, translated).await
    }

    // A future of its own, see `physical`.
    fn plan_translated<'a>(&'a self, state: &'a State, query: Query) -> BoxFuture<'a, Answered<LogicalPlan>> {
        Box::pin(async move {
            let statement = EngineStatement::Statement(Box::new(Statement::Query(Box::new(query))));
            let plan = state.engine().statement_to_plan(statement).await?;
            let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
            read_only
                .verify_plan(&plan)
                .map_err(|_| Fault::new(code::READ_ONLY, "cannot execute this in a read-only transaction"))?;
            Ok(plan)
        })
    }

    /// What functions of the session answer.
    pub fn surroundings(&self, state: &State) -> Surroundings {
        let variables = self.variables();
        Surroundings {
            user: self.who().user.clone(),
            database: DATABASE.to_owned(),
            schemas: variables.search_path().into_iter().filter(|name| state.catalogue.has_schema(name)).collect(),
            variables: variables.clone(),
            number: self.number,
            address: self.who().address.clone(),
        }
    }
}

fn schemas_hint(state: &State) -> String {
    let mut schemas: Vec<&str> =
        state.relations().filter_map(|name| name.split_once('.').map(|(schema, _)| schema)).collect();
    schemas.dedup();
    format!("There are the schemas {}.", schemas.join(", "))
}

/// The name under which SHOW answers.
fn shown_name(name: &str) -> &str {
    match name {
        "timezone" => "TimeZone",
        "datestyle" => "DateStyle",
        "intervalstyle" => "IntervalStyle",
        other => other,
    }
}

fn one_batch(batch: RecordBatch) -> SendableRecordBatchStream {
    let schema = batch.schema();
    Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter([Ok(batch)])))
}

/// Whether the answer follows from the state alone.
fn is_steady(text: &str) -> bool {
    let lower = text.to_lowercase();
    !CHANGING.iter().any(|word| lower.contains(word))
}

/// An empty value of a type, as a query writes it.
fn null_of(data_type: &DataType) -> Option<Expr> {
    let name = match data_type {
        DataType::Boolean => "boolean",
        DataType::Int16 => "smallint",
        DataType::Int32 => "integer",
        DataType::Int64 | DataType::UInt32 => "bigint",
        DataType::Float32 => "real",
        DataType::Float64 => "double precision",
        DataType::Decimal128(..) => "decimal(38, 6)",
        DataType::Date32 => "date",
        DataType::Timestamp(..) => "timestamp",
        DataType::Utf8 => "text",
        _ => return None,
    };
    literal(&format!("cast(null as {name})"))
}

/// An expression from its text, which is ours.
pub(super) fn literal(text: &str) -> Option<Expr> {
    use datafusion::sql::sqlparser::{dialect::PostgreSqlDialect, parser::Parser};
    Parser::new(&PostgreSqlDialect {}).try_with_sql(text).ok()?.parse_expr().ok()
}

/// The plan, with a place in each join at which it lets others have a turn.
/// The engine has such places where rows are read; a join makes so many rows
/// of what it once read that without them no limit on time would be heard.
fn yielding(plan: Arc<dyn ExecutionPlan>) -> Answered<Arc<dyn ExecutionPlan>> {
    let plan = plan.transform_up(|node| {
        Ok(if node.children().len() > 1 {
            Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>)
        } else {
            Transformed::no(node)
        })
    })?;
    Ok(plan.data)
}
