# Mixed models of many small studies by lme4: JSON of studies in, JSON of fits out.
suppressMessages({
  library(lme4)
  library(jsonlite)
})
tight <- lmerControl(optimizer = "bobyqa", calc.derivs = FALSE, check.conv.singular = "ignore",
                     check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore",
                     optCtrl = list(rhoend = 1e-10, maxfun = 1e6))
models <- list(
  random_session = value ~ 0 + condition + (1 | session),
  random_effect = value ~ 0 + condition + (1 | session) + (1 | session:condition)
)
contrasts <- rbind(c(-1, 1, 0), c(-1, 0, 1), c(0, -1, 1))

of_study <- function(study) {
  rows <- data.frame(session = factor(unlist(study$session)),
                     condition = factor(unlist(study$condition)),
                     value = unlist(study$value))
  lapply(models, function(formula) {
    fit <- suppressWarnings(lmer(formula, rows, REML = TRUE, control = tight))
    covariance <- as.matrix(vcov(fit))
    list(estimate = as.vector(contrasts %*% fixef(fit)),
         se = sqrt(diag(contrasts %*% covariance %*% t(contrasts))),
         singular = isSingular(fit))
  })
}

studies <- fromJSON(file("stdin"), simplifyVector = FALSE)
cat(toJSON(lapply(studies, of_study), digits = 12, auto_unbox = TRUE))
