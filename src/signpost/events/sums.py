"""The sums of one experiment, in SQL that means the same in every engine.

Only COUNT, SUM, MIN, MAX, CASE, JOIN and CTEs, over integers and texts that are compared for equality; so any engine that has
the two relations gives the same integers. What each relation holds, one row for each event, each event once:

- `exposures (unit, variation_id, is_forced, occurred_ms)` of the experiment
- `successes (unit, occurred_ms)` of its tenant, without those of forced transactions
"""

CELLS = """
WITH firsts AS (
  SELECT unit, MIN(variation_id) AS variation_id, MAX(variation_id) AS other_id, MIN(occurred_ms) AS first_ms
  FROM exposures WHERE is_forced = 0 GROUP BY unit
),
lasts AS (SELECT unit, MAX(occurred_ms) AS last_ms FROM successes GROUP BY unit)
SELECT f.variation_id, COUNT(*) AS exposed, SUM(CASE WHEN l.unit = f.unit AND l.last_ms >= f.first_ms THEN 1 ELSE 0 END) AS successes
FROM firsts f LEFT JOIN lasts l ON l.unit = f.unit
WHERE f.variation_id = f.other_id
GROUP BY f.variation_id
"""
"""Variation, units exposed, units with a success that was not before their first exposure.

A unit succeeded when its last success was not before its first exposure. The joined key is compared once more because
ClickHouse fills an outer join with defaults and not with NULL.
"""

LEFT_OUT = """
SELECT
  COUNT(*) AS exposures,
  COALESCE(SUM(CASE WHEN is_forced = 0 THEN 0 ELSE 1 END), 0) AS forced,
  MIN(CASE WHEN is_forced = 0 THEN occurred_ms END) AS first_ms,
  MAX(CASE WHEN is_forced = 0 THEN occurred_ms END) AS last_ms
FROM exposures
"""

DRIFTED = """
WITH arms AS (SELECT unit, MIN(variation_id) AS one_id, MAX(variation_id) AS other_id FROM exposures WHERE is_forced = 0 GROUP BY unit)
SELECT COALESCE(SUM(CASE WHEN one_id = other_id THEN 0 ELSE 1 END), 0) AS drifted FROM arms
"""
