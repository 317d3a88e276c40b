"""Statement 11: no row points nowhere."""

from collections.abc import Iterator

from kirana.check.rule import Rule
from kirana.schema import metadata


def _orphans() -> Iterator[str]:
    """For each foreign key of the schema a SELECT of the rows that point nowhere."""
    for table in metadata.sorted_tables:
        for column in sorted(table.columns, key=lambda column: column.name):
            for key in column.foreign_keys:
                target = key.column
                yield (
                    f"SELECT '{table.name}.{column.name}' AS link, "  # noqa: S608 - the schema's
                    f"t.{column.name} AS missing "
                    f'FROM "{table.name}" t LEFT JOIN "{target.table.name}" o '
                    f"ON o.{target.name} = t.{column.name} "
                    f"WHERE t.{column.name} IS NOT NULL AND o.{target.name} IS NULL"
                )


def _foreign_keys() -> list[str]:
    """``table.column`` of each."""
    return [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if column.foreign_keys
    ]


def _values(names: list[str]) -> str:
    return " UNION ALL ".join(f"SELECT '{name}' AS name" for name in names)


RULES = (
    Rule(11, "no row points to a missing row", " UNION ALL ".join(_orphans())),
    Rule(
        11,
        "every foreign key is enforced (SQLite)",
        f"""
        SELECT wanted.name AS missing FROM ({_values(_foreign_keys())}) AS wanted
        LEFT JOIN (
          SELECT m.name || '.' || f."from" AS name
          FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
        ) AS known ON known.name = wanted.name
        WHERE known.name IS NULL
        """,  # noqa: S608 - constants of this module
        only_on="sqlite",
    ),
    Rule(
        11,
        "every foreign key is enforced (PostgreSQL)",
        f"""
        SELECT wanted.name AS missing FROM ({_values(_foreign_keys())}) AS wanted
        LEFT JOIN (
          SELECT t.relname || '.' || a.attname AS name FROM pg_constraint c
          JOIN pg_class t ON t.oid = c.conrelid
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
          WHERE c.contype = 'f' AND c.convalidated
        ) AS known ON known.name = wanted.name
        WHERE known.name IS NULL
        """,  # noqa: S608 - constants of this module
        only_on="postgresql",
    ),
    Rule(
        11,
        "the category tree has no cycle",
        """
        WITH RECURSIVE reached(id) AS (
          SELECT id FROM category WHERE parent_id IS NULL
          UNION
          SELECT c.id FROM category c JOIN reached r ON c.parent_id = r.id
        )
        SELECT id, slug FROM category WHERE id NOT IN (SELECT id FROM reached)
        """,
    ),
)
