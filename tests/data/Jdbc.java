import java.sql.*;
import java.util.*;

/**
 * Asks a `peil serve` what pgjdbc and DBeaver ask: values of each kind, binary
 * results after five executions, a cursor, and the metadata by which DBeaver
 * draws its tree.
 *
 * usage: java -cp postgresql.jar Jdbc.java HOST PORT USER PASSWORD
 */
public class Jdbc {
    static void check(boolean holds, String what) {
        if (!holds) throw new AssertionError(what);
    }

    static List<String> column(ResultSet rows, String name) throws SQLException {
        List<String> values = new ArrayList<>();
        while (rows.next()) values.add(rows.getString(name));
        return values;
    }

    static String state(Connection connection, String text) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(text);
            return "none";
        } catch (SQLException error) {
            return error.getSQLState();
        }
    }

    public static void main(String[] a) throws Exception {
        Class.forName("org.postgresql.Driver");
        String url = "jdbc:postgresql://" + a[0] + ":" + a[1] + "/peil?ApplicationName=DBeaver";
        try (Connection connection = DriverManager.getConnection(url, a[2], a[3])) {
            String text = "select indicator_id, value, peildatum, provisional, definition_version, attainment"
                + " from marts.indicator_values where period = ? and value >= ? order by 1";
            List<String> first = null;
            try (PreparedStatement query = connection.prepareStatement(text)) {
                // After five executions the driver asks for binary results.
                for (int round = 0; round < 8; round++) {
                    query.setString(1, "2022Q2");
                    query.setDouble(2, 0);
                    List<String> seen = new ArrayList<>();
                    try (ResultSet rows = query.executeQuery()) {
                        while (rows.next()) {
                            seen.add(rows.getString(1) + " " + rows.getDouble(2) + " " + rows.getDate(3)
                                + " " + rows.getBoolean(4) + " " + rows.getLong(5) + " " + rows.getObject(6));
                        }
                    }
                    if (first == null) first = seen;
                    check(seen.equals(first) && seen.size() == 49, "round " + round + ": " + seen);
                }
            }
            try (Statement query = connection.createStatement();
                 ResultSet rows = query.executeQuery("select year, budget, actual from budget order by year")) {
                check(rows.next() && rows.getBigDecimal(2) != null, "an exact amount");
                check(rows.getMetaData().getColumnTypeName(2).equals("numeric"), rows.getMetaData().getColumnTypeName(2));
            }
            try (Statement query = connection.createStatement();
                 ResultSet rows = query.executeQuery("select started_at, as_of from ops.runs")) {
                check(rows.next() && rows.getTimestamp(1) != null && rows.getDate(2) != null, "a moment and a day");
            }
            connection.setAutoCommit(false);
            try (Statement query = connection.createStatement()) {
                query.setFetchSize(50);
                int count = 0;
                try (ResultSet rows = query.executeQuery("select n from generate_series(1, 1234) as t(n)")) {
                    while (rows.next()) check(rows.getInt(1) == ++count, "row " + count);
                }
                check(count == 1234, "rows by a cursor: " + count);
            }
            connection.rollback();
            connection.setAutoCommit(true);

            DatabaseMetaData about = connection.getMetaData();
            check(about.getDatabaseProductName().equals("PostgreSQL"), about.getDatabaseProductName());
            check(column(about.getSchemas(), "TABLE_SCHEM").containsAll(List.of("marts", "ops")), "schemas");
            List<String> remarks = new ArrayList<>();
            try (ResultSet rows = about.getTables(null, "marts", "%", new String[] {"TABLE", "VIEW"})) {
                while (rows.next()) {
                    remarks.add(rows.getString("TABLE_NAME"));
                    check(!rows.getString("REMARKS").isEmpty(), "a comment of " + rows.getString("TABLE_NAME"));
                }
            }
            check(remarks.contains("indicator_values"), "tables: " + remarks);
            try (ResultSet rows = about.getColumns(null, "marts", "indicator_values", "%")) {
                int count = 0;
                while (rows.next()) {
                    check(rows.getInt("ORDINAL_POSITION") == ++count, "place of " + rows.getString("COLUMN_NAME"));
                    check(!rows.getString("REMARKS").isEmpty(), "a comment of " + rows.getString("COLUMN_NAME"));
                }
                check(count > 10, "columns: " + count);
            }
            for (ResultSet rows : new ResultSet[] {
                about.getPrimaryKeys(null, "marts", "indicator_values"), about.getImportedKeys(null, "marts", "costs"),
                about.getExportedKeys(null, "marts", "costs"), about.getIndexInfo(null, "marts", "costs", false, true),
                about.getTypeInfo(), about.getCatalogs(), about.getTableTypes(), about.getFunctions(null, "marts", "%"),
                about.getProcedures(null, "marts", "%"), about.getTablePrivileges(null, "marts", "costs"),
                about.getUDTs(null, "marts", "%", null), about.getVersionColumns(null, "marts", "costs"),
                about.getBestRowIdentifier(null, "marts", "costs", DatabaseMetaData.bestRowSession, true)}) {
                while (rows.next()) rows.getString(1);
                rows.close();
            }
            // What DBeaver asks besides.
            for (String query : new String[] {
                "select db.oid, db.* from pg_catalog.pg_database db where datallowconn order by db.datname",
                "select n.oid, n.*, d.description from pg_catalog.pg_namespace n left outer join pg_catalog.pg_description d on d.objoid = n.oid and d.objsubid = 0 and d.classoid = 'pg_namespace'::regclass order by nspname",
                "select c.oid, c.*, d.description, pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr, pg_catalog.pg_get_partkeydef(c.oid) as partition_key from pg_catalog.pg_class c left outer join pg_catalog.pg_description d on d.objoid = c.oid and d.objsubid = 0 and d.classoid = 'pg_class'::regclass where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'marts') and c.relkind not in ('i', 'I', 'c')",
                "select current_schema(), session_user", "show search_path", "select version()", "select * from pg_catalog.pg_settings where name = 'standard_conforming_strings'",
                "select * from pg_catalog.pg_roles order by rolname"}) {
                try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(query)) {
                    check(rows.next(), query);
                }
            }
            check(state(connection, "drop table marts.budget").equals("25006"), "a table is not dropped");
            check(state(connection, "select * from marts.budgt").equals("42P01"), "a table that is not there");
            check(state(connection, "copy marts.budget to '/tmp/peil'").equals("42501"), "no file is written");
        }
        System.out.println("pgjdbc: ok");
    }
}
