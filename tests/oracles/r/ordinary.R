# Numbers of R for tests/unit/test_statistics_oracle.py: Rscript ordinary.R > ordinary.json
# Needs emmeans, sandwich, MASS, jsonlite.
suppressMessages({library(emmeans); library(sandwich); library(MASS); library(jsonlite)})

study <- function(counts, effect, day, spread, seed) {
  set.seed(seed)
  rows <- list()
  for (c in rownames(counts)) for (s in colnames(counts)) if (counts[c, s] > 0) {
    rows[[length(rows) + 1]] <- data.frame(
      condition = c, session = s,
      value = round(effect[[c]] + day[[s]] + rnorm(counts[c, s], 0, spread[[c]]), 4))
  }
  do.call(rbind, rows)
}
table_of <- function(counts, conditions, sessions)
  matrix(counts, length(conditions), byrow = TRUE, dimnames = list(conditions, sessions))

three <- c("wt", "ko", "ki")
even <- list(wt = 1, ko = 1, ki = 1)
studies <- list(
  balanced = study(table_of(rep(5, 6), three, c("a", "b")), list(wt = 5, ko = 5.3, ki = 4),
                   list(a = 0, b = 1.5), even, 1),
  unbalanced = study(table_of(c(5, 2, 7, 3, 6, 1, 4, 4, 2), three, c("a", "b", "c")),
                     list(wt = 5, ko = 5.6, ki = 4.4), list(a = 0, b = 2, c = -1), even, 2),
  condition_missing = study(table_of(c(5, 4, 0, 4, 0, 6, 5, 3, 5), three, c("a", "b", "c")),
                            list(wt = 0.5, ko = 0.8, ki = 0.1), list(a = 0, b = 0.4, c = 1), even, 3),
  one_session = study(table_of(c(8, 5, 6), three, "a"), list(wt = 100, ko = 120, ki = 90),
                      list(a = 0), list(wt = 5, ko = 20, ki = 9), 4),
  chain = study(table_of(c(4, 3, 0, 0, 0, 0,  0, 3, 4, 0, 2, 0,  0, 0, 2, 5, 0, 3,  0, 0, 0, 2, 3, 6),
                         c("d0", "d1", "d10", "d100"), c("a", "b", "c", "d", "e", "f")),
                list(d0 = 0, d1 = 0.2, d10 = 0.9, d100 = 2), list(a = 0, b = 1, c = 2, d = 0, e = -1, f = 3),
                list(d0 = 0.2, d1 = 0.5, d10 = 1, d100 = 2), 5)
)
studies$unbalanced$value[3] <- 14  # an outlier for the robust fit

numbers <- function(d) {
  d$condition <- factor(d$condition, unique(d$condition))
  d$session <- factor(d$session, unique(d$session))
  several <- nlevels(d$session) > 1
  formula <- if (several) value ~ condition + session else value ~ condition
  fit <- lm(formula, d)
  frame <- function(f, v = NULL) {
    grid <- if (is.null(v)) emmeans(f, "condition") else emmeans(f, "condition", vcov. = v)
    out <- as.data.frame(summary(contrast(grid, "revpairwise"), infer = TRUE, adjust = "none"))
    list(pair = as.character(out$contrast), estimate = out$estimate, se = out$SE, df = out$df,
         low = out$lower.CL, high = out$upper.CL, p = out$p.value)
  }
  ordinary <- frame(fit)
  tost <- function(margin) pmax(
    pt((ordinary$estimate + margin) / ordinary$se, ordinary$df, lower.tail = FALSE),
    pt((ordinary$estimate - margin) / ordinary$se, ordinary$df))
  robust <- rlm(formula, d, maxit = 500, acc = 1e-13)
  hc3 <- frame(fit, vcovHC(fit, type = "HC3"))
  huber <- frame(robust, vcov(robust))
  huber$df <- huber$low <- huber$high <- huber$p <- NULL
  whole <- if (several) anova(fit, lm(value ~ condition * session, d)) else NULL
  paired <- lapply(strsplit(ordinary$pair, " - "), function(pair) {
    means <- tapply(d$value, list(d$session, d$condition), mean)[, pair, drop = FALSE]
    off <- na.omit(means[, 1] - means[, 2])
    if (length(off) < 2) return(NULL)
    test <- t.test(off)
    list(estimate = unname(test$estimate), se = test$stderr, df = unname(test$parameter),
         low = test$conf.int[1], high = test$conf.int[2], p = test$p.value)
  })
  list(rows = d, fixed_session = ordinary, fixed_session_unequal = hc3, fixed_session_robust = huber,
       paired_sessions = paired, holm = p.adjust(ordinary$p, "holm"), bh = p.adjust(ordinary$p, "BH"),
       tost = list(margin = 1.2, p = tost(1.2)),
       interaction = if (several) list(f = whole$F[2], df = whole$Df[2], df_residual = whole$Res.Df[2],
                                       p = whole$`Pr(>F)`[2]) else NULL)
}
cat(toJSON(lapply(studies, numbers), digits = NA, auto_unbox = TRUE, na = "null", null = "null",
           dataframe = "columns"), "\n")
