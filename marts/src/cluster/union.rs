//! Branches of a union that a scheduler can tell apart.
//!
//! A task of Ballista is one partition of a step. For a partition of a union it
//! leaves the other branches without any, and counts on their having none; but
//! a branch that ends in one partition whatever it reads (a sort, a sum over
//! all) keeps it, and then every task makes that branch again: its rows come as
//! often as there are tasks. Such a branch is made a step of its own, which a
//! task reads like any other.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result as EngineResult;
use datafusion::physical_expr::expressions::col;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode, SortMergeJoinExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, Partitioning};

/// Makes steps of their own of branches that keep a partition whatever they
/// read.
#[derive(Debug)]
pub(super) struct PartUnions;

impl PhysicalOptimizerRule for PartUnions {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> EngineResult<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            if !plan.is::<UnionExec>() {
                return Ok(Transformed::no(plan));
            }
            let branches = plan.children().into_iter().map(|branch| match follows(branch) {
                true => Ok(Arc::clone(branch)),
                false => parted(Arc::clone(branch)),
            });
            Ok(Transformed::yes(UnionExec::try_new(branches.collect::<EngineResult<Vec<_>>>()?)?))
        })
        .data()
    }

    fn name(&self) -> &str {
        "part_unions"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Whether a plan has no partition where what it reads has none.
fn follows(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let children = plan.children();
    let all = || children.iter().all(|child| follows(child));
    if let Some(repartition) = plan.downcast_ref::<RepartitionExec>() {
        return matches!(repartition.partitioning(), Partitioning::Hash(..));
    }
    if let Some(sort) = plan.downcast_ref::<SortExec>() {
        return sort.preserve_partitioning() && all();
    }
    if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
        let of_all = matches!(aggregate.mode(), AggregateMode::Final | AggregateMode::Single);
        return !of_all && all();
    }
    // Of a join whose one side is read whole, that side keeps its partition.
    if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
        return *join.partition_mode() == PartitionMode::Partitioned && all();
    }
    if plan.is::<DataSourceExec>() {
        return true;
    }
    let known = plan.is::<ProjectionExec>()
        || plan.is::<FilterExec>()
        || plan.is::<SortMergeJoinExec>()
        || plan.is::<BoundedWindowAggExec>()
        || plan.is::<WindowAggExec>()
        || plan.is::<UnionExec>();
    known && all()
}

/// The branch as a step of its own, of as many partitions as it has.
fn parted(branch: Arc<dyn ExecutionPlan>) -> EngineResult<Arc<dyn ExecutionPlan>> {
    let schema = branch.schema();
    let Some(first) = schema.fields().first() else { return Ok(branch) };
    let count = branch.output_partitioning().partition_count();
    let partitioning = Partitioning::Hash(vec![col(first.name(), &schema)?], count);
    Ok(Arc::new(RepartitionExec::try_new(branch, partitioning)?))
}
