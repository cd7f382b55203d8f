WITH first_exposures AS (
  SELECT
    e.*
  FROM (
    SELECT
      unit,
      CASE
        WHEN occurred_ms >= 2160000007
        THEN 2
        WHEN occurred_ms >= 1555200000
        THEN 1
        ELSE 0
      END AS phase,
      MIN(e.variation_id) AS variation_id,
      MAX(e.variation_id) AS other_id,
      MIN(occurred_ms) AS exposed_ms,
      MIN(e.cluster) AS cluster,
      MIN(e.dimension_0) AS dimension_0,
      MIN(e.dimension_1) AS dimension_1
    FROM exposures AS e
    WHERE
      is_forced = 0 AND occurred_ms >= 0 AND occurred_ms <= 3456000000
    GROUP BY
      unit,
      CASE
        WHEN occurred_ms >= 2160000007
        THEN 2
        WHEN occurred_ms >= 1555200000
        THEN 1
        ELSE 0
      END
  ) AS e
  JOIN (
    SELECT
      unit,
      MIN(
        CASE
          WHEN occurred_ms >= 2160000007
          THEN 2
          WHEN occurred_ms >= 1555200000
          THEN 1
          ELSE 0
        END
      ) AS phase
    FROM exposures
    WHERE
      is_forced = 0 AND occurred_ms >= 0 AND occurred_ms <= 3456000000
    GROUP BY
      unit
  ) AS f
    ON f.unit = e.unit AND f.phase = e.phase
), population AS (
  SELECT
    unit,
    variation_id,
    exposed_ms,
    phase,
    exposed_ms - exposed_ms % 86400000 AS day_ms,
    CASE WHEN phase = 0 THEN 1555200000 WHEN phase = 1 THEN 2160000007 ELSE 3456000001 END AS ends_ms,
    cluster,
    dimension_0,
    dimension_1
  FROM first_exposures
  WHERE
    variation_id = other_id
), relevant AS (
  SELECT
    unit,
    type,
    occurred_ms,
    text_0,
    number_0
  FROM events
  WHERE
    type IN ('s', 'f', 'fp', 'limit_mu', 'limit_sul', 'pwd_leak', 'signup_pwd_leak')
    AND occurred_ms <= 3456000000
), starts AS (
  SELECT
    p.unit AS unit,
    MIN(
      CASE
        WHEN e.type IN ('f', 'fp')
        AND e.occurred_ms >= p.exposed_ms
        AND e.occurred_ms < p.ends_ms
        THEN e.occurred_ms
      END
    ) AS b_8,
    MIN(
      CASE
        WHEN e.type IN ('f', 'fp')
        AND e.occurred_ms >= p.exposed_ms
        AND e.occurred_ms < p.exposed_ms + 172800000
        AND e.occurred_ms < p.ends_ms
        THEN e.occurred_ms
      END
    ) AS b_12
  FROM population AS p
  JOIN relevant AS e
    ON e.unit = p.unit
  GROUP BY
    p.unit
), matched AS (
  SELECT
    p.unit AS unit,
    MAX(
      CASE
        WHEN e.type IN ('limit_mu', 'limit_sul', 'pwd_leak', 'signup_pwd_leak')
        AND e.occurred_ms >= p.exposed_ms
        THEN 1
        ELSE 0
      END
    ) AS is_automated,
    MAX(
      CASE
        WHEN e.type = 's' AND e.occurred_ms >= p.exposed_ms AND e.occurred_ms < p.ends_ms
        THEN 1
        ELSE 0
      END
    ) AS m_0,
    MAX(
      CASE
        WHEN e.type = 's'
        AND e.occurred_ms >= p.exposed_ms - 1209600000
        AND e.occurred_ms < p.exposed_ms
        THEN 1
        ELSE 0
      END
    ) AS c_0,
    MAX(
      CASE
        WHEN e.type = 's'
        AND e.text_0 IN ('passkey', 'l\'été', 'a\\b')
        AND e.occurred_ms >= p.exposed_ms
        AND e.occurred_ms < p.ends_ms
        THEN 1
        ELSE 0
      END
    ) AS m_1,
    MAX(
      CASE
        WHEN e.type = 's'
        AND e.occurred_ms >= p.exposed_ms
        AND e.occurred_ms < p.exposed_ms + 3600000
        AND e.occurred_ms < p.ends_ms
        THEN 1
        ELSE 0
      END
    ) AS m_2,
    SUM(
      CASE
        WHEN e.type IN ('f', 'fp')
        AND e.occurred_ms >= p.exposed_ms
        AND e.occurred_ms < p.ends_ms
        THEN 1
        ELSE 0
      END
    ) AS m_3,
    SUM(
      CASE
        WHEN e.type IN ('f', 'fp')
        AND e.occurred_ms >= p.exposed_ms - 604800000
        AND e.occurred_ms < p.exposed_ms
        THEN 1
        ELSE 0
      END
    ) AS c_3,
    SUM(
      CASE
        WHEN e.type IN ('f', 'fp')
        AND e.occurred_ms >= p.exposed_ms
        AND e.occurred_ms < p.ends_ms
        THEN 1
        ELSE 0
      END
    ) AS m_4,
    SUM(
      CASE
        WHEN e.type IN ('f', 'fp')
        AND e.occurred_ms >= p.exposed_ms - 604800000
        AND e.occurred_ms < p.exposed_ms
        THEN 1
        ELSE 0
      END
    ) AS c_4,
    SUM(
      CASE
        WHEN e.type IN ('f', 'fp')
        AND e.occurred_ms >= p.exposed_ms
        AND e.occurred_ms < p.ends_ms
        THEN 1
        ELSE 0
      END
    ) AS m_5,
    SUM(
      CASE
        WHEN e.type = 's' AND e.occurred_ms >= p.exposed_ms AND e.occurred_ms < p.ends_ms
        THEN e.number_0
        ELSE 0
      END
    ) AS m_6,
    SUM(
      CASE
        WHEN e.type = 's'
        AND e.occurred_ms >= p.exposed_ms - 2592000000
        AND e.occurred_ms < p.exposed_ms
        THEN e.number_0
        ELSE 0
      END
    ) AS c_6,
    MIN(
      CASE
        WHEN e.type = 's' AND e.occurred_ms >= p.exposed_ms AND e.occurred_ms < p.ends_ms
        THEN e.occurred_ms - p.exposed_ms
      END
    ) AS m_7,
    MIN(s.b_8) AS b_8,
    MIN(
      CASE
        WHEN e.type = 's'
        AND e.occurred_ms >= p.exposed_ms
        AND e.occurred_ms < p.ends_ms
        AND e.occurred_ms >= s.b_8
        THEN e.occurred_ms - s.b_8
      END
    ) AS m_8,
    SUM(
      CASE
        WHEN e.type IN ('s', 'f', 'fp')
        AND e.occurred_ms >= p.exposed_ms
        AND e.occurred_ms < p.ends_ms
        THEN 1
        ELSE 0
      END
    ) AS m_9,
    SUM(
      CASE
        WHEN e.type = 's' AND e.occurred_ms >= p.exposed_ms AND e.occurred_ms < p.ends_ms
        THEN 1
        ELSE 0
      END
    ) AS b_9,
    MIN(
      CASE
        WHEN e.type = 's' AND e.occurred_ms >= p.exposed_ms AND e.occurred_ms < p.ends_ms
        THEN e.occurred_ms - p.exposed_ms
      END
    ) AS m_10,
    MAX(
      CASE
        WHEN e.type = 's'
        AND e.occurred_ms >= p.exposed_ms + 86400000
        AND e.occurred_ms < p.exposed_ms + 604800000
        AND e.occurred_ms < p.ends_ms
        THEN 1
        ELSE 0
      END
    ) AS m_11,
    MIN(s.b_12) AS b_12,
    MAX(
      CASE
        WHEN e.type = 's'
        AND e.occurred_ms >= p.exposed_ms
        AND e.occurred_ms < p.exposed_ms + 172800000
        AND e.occurred_ms < p.ends_ms
        AND e.occurred_ms >= s.b_12
        THEN 1
        ELSE 0
      END
    ) AS m_12
  FROM population AS p
  JOIN relevant AS e
    ON e.unit = p.unit
  LEFT JOIN starts AS s
    ON s.unit = p.unit
  GROUP BY
    p.unit
), units AS (
  SELECT
    p.unit AS unit,
    p.variation_id AS variation_id,
    p.phase AS phase,
    p.day_ms AS day_ms,
    p.cluster AS cluster,
    p.dimension_0 AS dimension_0,
    p.dimension_1 AS dimension_1,
    COALESCE(m.is_automated, 0) AS is_automated,
    CAST(COALESCE(m.m_0, 0) AS BIGINT) AS v_0,
    CAST(COALESCE(m.c_0, 0) AS BIGINT) AS k_0,
    CAST(COALESCE(m.m_1, 0) AS BIGINT) AS v_1,
    CAST(COALESCE(m.m_2, 0) AS BIGINT) AS v_2,
    CAST(COALESCE(m.m_3, 0) AS BIGINT) AS v_3,
    CAST(COALESCE(m.c_3, 0) AS BIGINT) AS k_3,
    CAST(COALESCE(m.m_4, 0) AS BIGINT) AS v_4,
    CAST(COALESCE(m.c_4, 0) AS BIGINT) AS k_4,
    CAST(COALESCE(m.m_5, 0) AS BIGINT) AS v_5,
    CAST(COALESCE(m.m_6, 0) AS BIGINT) AS v_6,
    CAST(COALESCE(m.c_6, 0) AS BIGINT) AS k_6,
    CAST(m.m_7 AS BIGINT) AS v_7,
    CAST(m.m_8 AS BIGINT) AS v_8,
    CAST(COALESCE(m.m_9, 0) AS BIGINT) AS v_9,
    CAST(COALESCE(m.b_9, 0) AS BIGINT) AS d_9,
    CAST(m.m_10 AS BIGINT) AS v_10,
    CAST(CASE WHEN p.exposed_ms + 604800000 <= p.ends_ms THEN COALESCE(m.m_11, 0) END AS BIGINT) AS v_11,
    CAST(CASE WHEN NOT m.b_12 IS NULL THEN m.m_12 END AS BIGINT) AS v_12
  FROM population AS p
  LEFT JOIN matched AS m
    ON m.unit = p.unit
)
SELECT
  variation_id,
  phase,
  day_ms,
  is_automated,
  COUNT(*) AS units,
  SUM(v_0) AS sum_x_0,
  SUM(k_0) AS sum_c_0,
  SUM((
    k_0
  ) * (
    k_0
  )) AS sum_cc_0,
  SUM((
    v_0
  ) * (
    k_0
  )) AS sum_xc_0,
  SUM(v_1) AS sum_x_1,
  SUM(v_2) AS sum_x_2,
  SUM(v_3) AS sum_x_3,
  SUM(CAST(v_3 AS DECIMAL(19, 0)) * (
    v_3
  )) AS sum_xx_3,
  SUM(k_3) AS sum_c_3,
  SUM(CAST(k_3 AS DECIMAL(19, 0)) * (
    k_3
  )) AS sum_cc_3,
  SUM(CAST(v_3 AS DECIMAL(19, 0)) * (
    k_3
  )) AS sum_xc_3,
  SUM(v_4) AS sum_x_4,
  SUM(CAST(v_4 AS DECIMAL(19, 0)) * (
    v_4
  )) AS sum_xx_4,
  SUM(k_4) AS sum_c_4,
  SUM(CAST(k_4 AS DECIMAL(19, 0)) * (
    k_4
  )) AS sum_cc_4,
  SUM(CAST(v_4 AS DECIMAL(19, 0)) * (
    k_4
  )) AS sum_xc_4,
  SUM(v_5) AS sum_x_5,
  SUM(CAST(v_5 AS DECIMAL(19, 0)) * (
    v_5
  )) AS sum_xx_5,
  SUM(v_6) AS sum_x_6,
  SUM(CAST(v_6 AS DECIMAL(19, 0)) * (
    v_6
  )) AS sum_xx_6,
  SUM(k_6) AS sum_c_6,
  SUM(CAST(k_6 AS DECIMAL(19, 0)) * (
    k_6
  )) AS sum_cc_6,
  SUM(CAST(v_6 AS DECIMAL(19, 0)) * (
    k_6
  )) AS sum_xc_6,
  COUNT(v_7) AS sum_n_7,
  SUM(v_7) AS sum_x_7,
  SUM(CAST(v_7 AS DECIMAL(19, 0)) * (
    v_7
  )) AS sum_xx_7,
  COUNT(v_8) AS sum_n_8,
  SUM(v_8) AS sum_x_8,
  SUM(CAST(v_8 AS DECIMAL(19, 0)) * (
    v_8
  )) AS sum_xx_8,
  SUM(v_9) AS sum_x_9,
  SUM(CAST(v_9 AS DECIMAL(19, 0)) * (
    v_9
  )) AS sum_xx_9,
  SUM(d_9) AS sum_d_9,
  SUM(CAST(d_9 AS DECIMAL(19, 0)) * (
    d_9
  )) AS sum_dd_9,
  SUM(CAST(v_9 AS DECIMAL(19, 0)) * (
    d_9
  )) AS sum_xd_9,
  COUNT(v_10) AS sum_n_10,
  COUNT(v_11) AS sum_n_11,
  SUM(v_11) AS sum_x_11,
  COUNT(v_12) AS sum_n_12,
  SUM(v_12) AS sum_x_12
FROM units
GROUP BY
  variation_id,
  phase,
  day_ms,
  is_automated
