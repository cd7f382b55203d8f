"""The sums of one experiment, in SQL that means the same in every engine.

Only COUNT, SUM, MIN, MAX, CASE, UNION ALL and CTEs, over integers and texts that are compared for equality; so any engine
that has the two relations gives the same integers. What each relation holds, one row for each event, each event once:

- `exposures (unit, variation_id, is_forced, occurred_ms)` of the experiment
- `successes (unit, occurred_ms)` of its tenant, without those of forced transactions
"""

CELLS = """
WITH facts AS (
  SELECT unit, variation_id, occurred_ms AS exposed_ms, CAST(NULL AS BIGINT) AS success_ms
  FROM exposures WHERE is_forced = 0
  UNION ALL
  SELECT unit, CAST(NULL AS VARCHAR), CAST(NULL AS BIGINT), occurred_ms FROM successes
),
units AS (
  SELECT unit, MIN(variation_id) AS one_id, MAX(variation_id) AS other_id, MIN(exposed_ms) AS first_ms, MAX(success_ms) AS last_ms
  FROM facts GROUP BY unit
)
SELECT
  CASE WHEN one_id = other_id THEN one_id END AS variation_id,
  COUNT(*) AS exposed,
  SUM(CASE WHEN last_ms >= first_ms THEN 1 ELSE 0 END) AS successes
FROM units WHERE one_id IS NOT NULL
GROUP BY CASE WHEN one_id = other_id THEN one_id END
"""
"""Variation, units exposed, units with a success that was not before their first exposure: when the last one was not.

Units that were exposed to more than one variation are in the row without a variation. One grouping of both relations rather
than a join of two: the sort is what costs.
"""

LEFT_OUT = """
SELECT
  COALESCE(SUM(CASE WHEN is_forced = 0 THEN 0 ELSE 1 END), 0) AS forced,
  MIN(CASE WHEN is_forced = 0 THEN occurred_ms END) AS first_ms,
  MAX(CASE WHEN is_forced = 0 THEN occurred_ms END) AS last_ms
FROM exposures
"""
"""Forced exposures; when the first and the last of the others were."""
